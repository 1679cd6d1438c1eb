import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import * as z from "zod";
import {
  type ApiToken,
  isConfigured,
  ownerOf,
  type Scope,
  type TokenOwner,
} from "../config/api-tokens.ts";
import type { AppEnv } from "../config/config.ts";
import { storageUnavailable } from "../http/problem.ts";
import { hex, sha256 } from "../lib/digest.ts";
import {
  createSession,
  deleteSession,
  readSession,
  SESSION_SECONDS,
  type StoredSession,
} from "../store/sessions.ts";
import { sign, verified } from "./signed.ts";
import { findTokenByDigest } from "./tokens.ts";

/**
 * A signed-in browser. `id` names its session in R2 and is not what the cookie holds; `actionCode` is
 * what the forms of this session carry.
 */
export type Session = TokenOwner & { id: string; actionCode: string };

const COOKIE = "session";
const ID_BYTES = 32;
const cookieId = z.string().regex(/^[0-9a-f]{64}$/);

const encoder = new TextEncoder();

/**
 * Starts a session for an API token. The cookie holds a random id, signed: a made-up one is refused
 * without a look into R2. Scripts do not see it. Throws a 503 when R2 refuses.
 */
export async function startSession(
  c: Context<AppEnv>,
  token: string,
  owner: TokenOwner,
): Promise<void> {
  const id = crypto.getRandomValues(new Uint8Array(ID_BYTES)).toHex();
  const stored: StoredSession = {
    token_id: owner.tokenId,
    scopes: [...owner.scopes],
    token_proof: await tokenProof(id, token),
    token_sha256: isConfigured(owner) ? null : hex(await sha256(token)),
    expires_at: new Date(Date.now() + SESSION_SECONDS * 1_000).toISOString(),
  };
  const digest = hex(await sha256(id));
  await createSession(c.env.TRANSCRIPTS, digest, stored).catch(storageUnavailable);
  const signed = await sign(c.var.config.signingKeys, "session", id);
  setCookie(c, COOKIE, signed, { ...attributes(c), maxAge: SESSION_SECONDS });
}

/** Ends a session: its cookie opens nothing any more, wherever it was copied to. */
export async function endSession(c: Context<AppEnv>, { id }: Session): Promise<void> {
  await deleteSession(c.env.TRANSCRIPTS, id).catch(storageUnavailable);
  deleteCookie(c, COOKIE, attributes(c));
}

/**
 * The session of a request; null without one, after its end, and once its token was revoked or has
 * other scopes. Tokens of `API_TOKENS` are checked against the present configuration, those made at
 * run time against KV, which may be a minute old.
 */
export async function sessionOf(c: Context<AppEnv>): Promise<Session | null> {
  const { signingKeys } = c.var.config;
  const cookie = getCookie(c, COOKIE, prefixOf(c));
  if (cookie === undefined) return null;
  const { data: secret } = cookieId.safeParse(await verified(signingKeys, "session", cookie));
  if (secret === undefined) return null;
  const id = hex(await sha256(secret));
  const stored = await readSession(c.env.TRANSCRIPTS, id, Date.now()).catch(storageUnavailable);
  if (stored === null) return null;
  const token = await currentToken(c, secret, stored);
  if (token === null || !haveSameScopes(token.scopes, stored.scopes)) return null;
  return { ...ownerOf(token), id, actionCode: await sign(signingKeys, "action", id) };
}

/** Whether a form carries the code of the session, under any of the keys: they may be being rotated. */
export const isActionCode = async (c: Context<AppEnv>, { id }: Session, code: string | null) =>
  (await verified(c.var.config.signingKeys, "action", code ?? "")) === id;

/** The token that signed in, as it is now; null when there is none any more. */
async function currentToken(c: Context<AppEnv>, secret: string, stored: StoredSession) {
  if (stored.token_sha256 !== null) {
    return findTokenByDigest(c.env.SETTINGS, stored.token_sha256).catch(storageUnavailable);
  }
  const named = c.var.config.apiTokens.filter(({ name }) => name === stored.token_id);
  for (const token of named) if (await isProven(secret, token, stored)) return token;
  return null;
}

const isProven = async (secret: string, { token }: ApiToken, { token_proof }: StoredSession) =>
  (await tokenProof(secret, token)) === token_proof;

/** Only who has the cookie can compare it with guesses of the token. */
async function tokenProof(secret: string, token: string): Promise<string> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), hmac, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, encoder.encode(token)));
}

const haveSameScopes = (one: readonly Scope[], other: readonly Scope[]): boolean =>
  new Set(one).symmetricDifference(new Set(other)).size === 0;

// Over http, as it is locally, not every browser keeps what is `Secure`; `__Host-` needs that too.
const prefixOf = (c: Context<AppEnv>) =>
  c.var.config.environment === "local" ? undefined : ("host" as const);

function attributes(c: Context<AppEnv>) {
  const prefix = prefixOf(c);
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: prefix !== undefined,
    ...(prefix && { prefix }),
  } as const;
}

/**
 * Whether a request with effects was made by one of our own pages, as browsers tell (Fetch Metadata,
 * `Sec-Fetch-Site`; RFC 6454, section 7). A request that tells neither is not.
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  return request.headers.get("origin") === new URL(request.url).origin;
}
