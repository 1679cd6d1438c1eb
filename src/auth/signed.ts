const encoder = new TextEncoder();
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const MAC_CHARS = 43;
const SIGNED = new RegExp(`^([A-Za-z0-9_-]+)\\.([A-Za-z0-9_-]{${MAC_CHARS}})$`);

/** What a signature is good for; one made for one purpose does not hold for another. */
type Purpose = "session" | "action" | "share";

/**
 * A JSON value with its HMAC-SHA-256 by the first key, in characters of a URL path:
 * `{value in base64url}.{code in base64url}`. It can be read by anyone. Throws without a key.
 */
export async function sign(
  keys: readonly string[],
  purpose: Purpose,
  value: unknown,
): Promise<string> {
  const [first] = keys;
  if (first === undefined) throw new Error("There is no key to sign with");
  const payload = encoder.encode(JSON.stringify(value)).toBase64(BASE64URL);
  const key = await hmacKey(first, "sign");
  const code = await crypto.subtle.sign("HMAC", key, signedBytes(purpose, payload));
  return `${payload}.${new Uint8Array(code).toBase64(BASE64URL)}`;
}

/** The value that `sign` signed with any of the keys for this purpose; undefined for anything else. */
export async function verified(
  keys: readonly string[],
  purpose: Purpose,
  signed: string,
): Promise<unknown> {
  const [, payload, code] = SIGNED.exec(signed) ?? [];
  if (payload === undefined || code === undefined) return undefined;
  const bytes = Uint8Array.fromBase64(code, { alphabet: "base64url" });
  const data = signedBytes(purpose, payload);
  const outcomes = await Promise.all(
    keys.map(async (key) =>
      crypto.subtle.verify("HMAC", await hmacKey(key, "verify"), bytes, data),
    ),
  );
  if (!outcomes.includes(true)) return undefined;
  const json = new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" }));
  return JSON.parse(json);
}

const signedBytes = (purpose: Purpose, payload: string) => encoder.encode(`${purpose}.${payload}`);

const hmacKey = (key: string, usage: "sign" | "verify") =>
  crypto.subtle.importKey("raw", encoder.encode(key), { name: "HMAC", hash: "SHA-256" }, false, [
    usage,
  ]);
