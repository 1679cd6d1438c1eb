import type { Context } from "hono";
import { ownerOf, type Scope, type TokenOwner } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/config.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, scopesOf } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { sessionOf } from "./session.ts";
import { findToken } from "./tokens.ts";
import { findSecret } from "./verify.ts";

/** The period of the rate limit in wrangler.toml. */
const RATE_LIMIT_SECONDS = "10";

/**
 * Lets a request pass to `handle` whose token (`Authorization: Bearer` or Deepgram's `Token`) has the
 * scope, or all of several, as long as the token's requests are within the rate limit.
 */
export const requireScope =
  (scope: Scope | readonly Scope[], handle: Handler): Handler =>
  async (c) => {
    const { apiTokens } = c.get("config");
    if (apiTokens.length === 0) {
      throw problem(
        503,
        "not_configured",
        "API_TOKENS has no usable entry: the API is closed. /health names what is wrong.",
        {
          headers: { "retry-after": "60" },
        },
      );
    }
    const caller = await callerOf(c);
    if (caller === null) throw unauthorized(c.req.header("authorization"));
    const required = scopesOf(scope);
    const missing = required.find((each) => !caller.scopes.includes(each));
    if (missing !== undefined) {
      throw problem(403, "missing_scope", `The token has not the scope ${missing}.`, {
        headers: {
          "www-authenticate": `Bearer realm="transcripts", error="insufficient_scope", scope="${required.join(" ")}"`,
        },
      });
    }
    if (!(await isWithin(c.env.API_RATE_LIMIT, caller.tokenId))) {
      throw problem(429, "too_many_requests", "The token has made too many requests.", {
        headers: { "retry-after": RATE_LIMIT_SECONDS },
      });
    }
    c.set("caller", caller);
    return handle(c);
  };

/** The answer to a token that is missing or nobody's, to throw (RFC 6750, section 3.1). */
export function unauthorized(authorization: string | undefined) {
  const error = presentedIn(authorization) === undefined ? "" : ', error="invalid_token"';
  return problem(
    401,
    "invalid_token",
    "A valid API token is needed: Authorization: Bearer TOKEN.",
    {
      headers: { "www-authenticate": `Bearer realm="transcripts"${error}` },
    },
  );
}

/** Deepgram's own scheme is `Token`. */
const presentedIn = (authorization = ""): string | undefined =>
  /^(?:bearer|token) +(\S+) *$/i.exec(authorization)?.[1];

/** The owner of the API token or the session of a request; null without a valid one. */
export async function callerOf(c: Context<AppEnv>): Promise<TokenOwner | null> {
  const presented = presentedIn(c.req.header("authorization"));
  return presented === undefined ? signedIn(c) : tokenOwner(c, presented);
}

/**
 * The owner of an API token, of those configured and those made at run time. Null for a token that
 * nobody has; throws a 429 when too many of those came from one address.
 */
export async function tokenOwner(
  c: Context<AppEnv>,
  presented: string,
): Promise<TokenOwner | null> {
  const { apiTokens } = c.get("config");
  const configured = apiTokens[findSecret(presented, apiTokens, ({ token }) => token)];
  // KV before the limiter: that counts what it is asked, and a valid token must not be refused. KV is
  // asked only about tokens of the form of ours, whose 256 random bits nobody guesses.
  const token =
    configured ?? (await findToken(c.env.SETTINGS, presented).catch(storageUnavailable));
  if (token !== null) return ownerOf(token);
  await countGuess(c);
  return null;
}

/** A session cookie authorizes reads only. Anything that changes state needs a token. */
async function signedIn(c: Context<AppEnv>): Promise<TokenOwner | null> {
  const isSafe = c.req.method === "GET" || c.req.method === "HEAD";
  return isSafe && c.req.header("authorization") === undefined ? sessionOf(c) : null;
}

/** The period of GUESS_RATE_LIMIT in wrangler.toml. */
const RETRY_AFTER_SECONDS = "60";

/**
 * Counts a token that nobody has, and throws a 429 when its address has presented more than 30 of them
 * within a minute. Call it for failures alone, so that a valid token is never refused: Cloudflare's
 * limiter cannot be asked without counting. A limiter that does not answer limits nobody.
 */
async function countGuess(c: Context<AppEnv>): Promise<void> {
  const key = addressBlock(c.req.header("cf-connecting-ip") ?? "");
  if (await isWithin(c.env.GUESS_RATE_LIMIT, key)) return;
  throw problem(
    429,
    "too_many_invalid_tokens",
    "Too many invalid API tokens came from this address. Wait a minute.",
    {
      headers: { "retry-after": RETRY_AFTER_SECONDS },
    },
  );
}

/** A limiter that does not answer limits nobody. */
async function isWithin(limiter: RateLimit, key: string): Promise<boolean> {
  try {
    return (await limiter.limit({ key })).success;
  } catch (error) {
    log("warn", "rate-limit.unavailable", { reason: reasonOf(error) });
    return true;
  }
}

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What one client has of addresses: an IPv4 address, or the /64 network of an IPv6 address
 * (`2001:db8:0:1::/64`). Text that is neither is returned as it is.
 */
export function addressBlock(address: string): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [before = [], after] = address.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = after === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...(after ?? [])];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}
