import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import type { ApiToken, Scope } from "../config/api-tokens.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { log, reasonOf } from "../log.ts";
import { findSecret } from "../secrets.ts";
import { ownerOf, type TokenOwner } from "../tokens/token-owner.ts";
import { findToken } from "../tokens/tokens.ts";
import { sessionOf } from "./session.ts";

/** The period of the rate limit in wrangler.toml. */
const RATE_LIMIT_SECONDS = "10";

/**
 * Lets a request pass to `handle` whose token (`Authorization: Bearer` or Deepgram's `Token`) has the
 * scope, as long as the token's requests are within the rate limit.
 */
export const requireScope =
  (scope: Scope, handle: Handler): Handler =>
  async (c) => {
    const { apiTokens } = c.var.config;
    if (apiTokens.length === 0) {
      throw problem(503, "No API tokens are configured.", { headers: { "retry-after": "60" } });
    }
    const caller = await callerOf(c);
    if (caller === null) throw unauthorized(c.req.header("authorization"));
    if (!caller.scopes.includes(scope)) {
      throw problem(403, `The token has not the scope ${scope}.`, {
        headers: {
          "www-authenticate": `Bearer realm="transcripts", error="insufficient_scope", scope="${scope}"`,
        },
      });
    }
    if (!(await isWithinLimit(c.env.API_RATE_LIMIT, caller))) {
      throw problem(429, "The token has made too many requests.", {
        headers: { "retry-after": RATE_LIMIT_SECONDS },
      });
    }
    c.set("caller", caller);
    return handle(c);
  };

/** The answer to a token that is missing or nobody's, to throw (RFC 6750, section 3.1). */
export function unauthorized(authorization: string | undefined) {
  const error = presentedIn(authorization) === undefined ? "" : ', error="invalid_token"';
  return problem(401, "A valid API token is needed: Authorization: Bearer TOKEN.", {
    headers: { "www-authenticate": `Bearer realm="transcripts"${error}` },
  });
}

/** Deepgram's own scheme is `Token`. */
const presentedIn = (authorization = ""): string | undefined =>
  /^(?:bearer|token) +(\S+) *$/i.exec(authorization)?.[1];

/** Whose API token, or whose session, came with a request; null for nobody's. */
export async function callerOf(c: Context<AppEnv>): Promise<TokenOwner | null> {
  const authorization = c.req.header("authorization");
  const owner = await authenticate(authorization, c.var.config.apiTokens, c.env.SETTINGS);
  return owner ?? signedIn(c);
}

async function authenticate(
  authorization: string | undefined,
  tokens: readonly ApiToken[],
  settings: KVNamespace,
): Promise<TokenOwner | null> {
  const presented = presentedIn(authorization);
  return presented === undefined ? null : tokenOwner(presented, tokens, settings);
}

/** Whose API token it is, of those configured and those made at run time; null for nobody's. */
export async function tokenOwner(
  presented: string,
  tokens: readonly ApiToken[],
  settings: KVNamespace,
): Promise<TokenOwner | null> {
  const index = await findSecret(presented, tokens, ({ token }) => token);
  const token = tokens[index] ?? (await findToken(settings, presented).catch(storageUnavailable));
  return token && ownerOf(token);
}

/** Our pages may read what whoever is signed in may. What has effects needs a token. */
async function signedIn(c: Context<AppEnv>): Promise<TokenOwner | null> {
  const isSafe = c.req.method === "GET" || c.req.method === "HEAD";
  return isSafe && c.req.header("authorization") === undefined ? sessionOf(c) : null;
}

/** A limiter that does not answer limits nobody. */
async function isWithinLimit(limiter: RateLimit, { name }: TokenOwner): Promise<boolean> {
  try {
    return (await limiter.limit({ key: name })).success;
  } catch (error) {
    log("warn", "rate-limit.unavailable", { reason: reasonOf(error) });
    return true;
  }
}
