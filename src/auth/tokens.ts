import * as z from "zod";
import { knownScopes, SCOPES } from "../config/api-tokens.ts";
import { hex, sha256 } from "../lib/digest.ts";

export const tokenName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be made of letters, digits, - and _");

export const scopes = z.array(z.enum(SCOPES)).min(1);

/** What is kept of a token that was made at run time: never the token. */
const keptToken = z.object({ name: tokenName, scopes: knownScopes, created_at: z.iso.datetime() });

export type KeptToken = z.infer<typeof keptToken>;

const PREFIX = "tokens/";
const TOKEN_PREFIX = "dgr_";
const TOKEN_BYTES = 32;
const TOKEN = /^dgr_[A-Za-z0-9_-]{43}$/;

const keyOf = async (token: string) => `${PREFIX}${hex(await sha256(token))}`;

/** Makes a token and keeps its SHA-256. It is shown to nobody again. */
export async function createToken(settings: KVNamespace, kept: KeptToken): Promise<string> {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  const token = TOKEN_PREFIX + bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  // As metadata too: a list then needs no read for each.
  await settings.put(await keyOf(token), JSON.stringify(kept), { metadata: kept });
  return token;
}

/**
 * What is kept of a token, or null. What has not the form of one is not looked up. The look-up by
 * digest tells nothing of the token by its time. KV may show a revoked token for a minute.
 */
export async function findToken(settings: KVNamespace, token: string): Promise<KeptToken | null> {
  return TOKEN.test(token) ? findTokenByDigest(settings, hex(await sha256(token))) : null;
}

/** The same by the SHA-256 of the token, lower-case hexadecimal. */
export async function findTokenByDigest(
  settings: KVNamespace,
  digest: string,
): Promise<KeptToken | null> {
  const kept = await settings.get(`${PREFIX}${digest}`, "json");
  return kept === null ? null : keptToken.parse(kept);
}

/** All tokens made at run time, each with its key. */
export async function listTokens(
  settings: KVNamespace,
): Promise<{ key: string; token: KeptToken }[]> {
  const found: { key: string; token: KeptToken }[] = [];
  let cursor: string | null = null;
  do {
    const page: KVNamespaceListResult<unknown, string> = await settings.list({
      prefix: PREFIX,
      cursor,
    });
    for (const { name, metadata } of page.keys) {
      found.push({ key: name, token: keptToken.parse(metadata) });
    }
    cursor = page.list_complete ? null : page.cursor;
  } while (cursor !== null);
  return found;
}

/** Revokes every token of a name; gives their number. */
export async function revokeTokens(settings: KVNamespace, name: string): Promise<number> {
  const named = (await listTokens(settings)).filter(({ token }) => token.name === name);
  for (const { key } of named) await settings.delete(key);
  return named.length;
}
