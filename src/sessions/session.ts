import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import * as z from "zod";
import type { AppEnv } from "../app-env.ts";
import type { ApiToken } from "../config/api-tokens.ts";
import { hex, sha256 } from "../digest.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { ownerOf, type TokenOwner } from "../tokens/token-owner.ts";
import { findTokenByDigest } from "../tokens/tokens.ts";
import { sign, verified } from "./signed.ts";

/** Who is signed in, and the code that this session's forms carry. */
export type Session = TokenOwner & { id: string; actionCode: string };

const COOKIE = "session";
const LIFE_SECONDS = 43_200;
const ID_BYTES = 16;

const payload = z.object({
  id: z.string(),
  /** SHA-256 of the API token: when that is revoked, so is the session. */
  token: z.string(),
  expires_at: z.number(),
});

/** Starts a session of limited life for an API token: a cookie that scripts do not see. */
export async function startSession(c: Context<AppEnv>, token: string): Promise<void> {
  const id = crypto.getRandomValues(new Uint8Array(ID_BYTES)).toHex();
  const expires_at = Date.now() + LIFE_SECONDS * 1_000;
  const session: z.infer<typeof payload> = { id, token: hex(await sha256(token)), expires_at };
  const signed = await sign(c.var.config.signingKeys, "session", session);
  setCookie(c, COOKIE, signed, { ...attributes(c), maxAge: LIFE_SECONDS });
}

export function endSession(c: Context<AppEnv>): void {
  deleteCookie(c, COOKIE, attributes(c));
}

/** The session of a request; null for none, one that has ended, and one whose token was revoked. */
export async function sessionOf(c: Context<AppEnv>): Promise<Session | null> {
  const { config } = c.var;
  const cookie = getCookie(c, COOKIE, prefixOf(c));
  if (cookie === undefined) return null;
  const { data } = payload.safeParse(await verified(config.signingKeys, "session", cookie));
  if (data === undefined || data.expires_at <= Date.now()) return null;
  const owner =
    (await configured(config.apiTokens, data.token)) ??
    (await findTokenByDigest(c.env.SETTINGS, data.token).catch(storageUnavailable));
  if (owner === null) return null;
  const actionCode = await sign(config.signingKeys, "action", data.id);
  return { id: data.id, ...ownerOf(owner), actionCode };
}

/** Whether a form carries the code of the session, under any of the keys: they may be being rotated. */
export const isActionCode = async (c: Context<AppEnv>, { id }: Session, code: string | null) =>
  (await verified(c.var.config.signingKeys, "action", code ?? "")) === id;

async function configured(tokens: readonly ApiToken[], digest: string): Promise<ApiToken | null> {
  for (const token of tokens) if (hex(await sha256(token.token)) === digest) return token;
  return null;
}

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
