const encoder = new TextEncoder();

/** SHA-256 of bytes, or of a text in UTF-8. */
export async function sha256(data: BufferSource | string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", typeof data === "string" ? encoder.encode(data) : data);
}

/** Bytes in lower-case hexadecimal. */
export const hex = (bytes: ArrayBuffer): string => new Uint8Array(bytes).toHex();

/** Hexadecimal as base64. */
export const hexToBase64 = (text: string): string => Uint8Array.fromHex(text).toBase64();

/** Whether a text is a SHA-256 in lower-case hexadecimal: only such become part of a storage key. */
export const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
