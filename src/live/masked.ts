import { createBodyReader } from "../deepgram/body-reader.ts";

/** A message as it came over a WebSocket, every `callback_secret` in it masked. */
export function masked(data: string | ArrayBuffer): string {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
  createBodyReader().push(bytes);
  return new TextDecoder().decode(bytes);
}
