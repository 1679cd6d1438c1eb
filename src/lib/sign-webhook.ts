const encoder = new TextEncoder();
const PREFIX = "whsec_";

/**
 * The bytes of a secret in the form `whsec_…`; null when it is none. By `atob`, since `npm run deploy`
 * asks it too, in a Node that has no `Uint8Array.fromBase64`.
 */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!secret.startsWith(PREFIX)) return null;
  try {
    const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (char) => char.charCodeAt(0));
    return bytes.length > 0 ? bytes : null;
  } catch {
    return null;
  }
}

/**
 * The `webhook-signature` of a message by one secret: `v1,` and its HMAC-SHA-256 in base64 (Standard
 * Webhooks, "Signature scheme"). `timestamp` in seconds. Throws when the secret is none.
 */
export async function signWebhook(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Promise<string> {
  const bytes = secretBytes(secret);
  if (bytes === null) throw new Error("The secret of the endpoint cannot sign");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  const signed = encoder.encode(`${id}.${timestamp}.${body}`);
  const signature = await crypto.subtle.sign("HMAC", key, signed);
  return `v1,${new Uint8Array(signature).toBase64()}`;
}
