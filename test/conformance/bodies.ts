import { randomBytes, randomUUID } from "node:crypto";
import type { ListenOptions } from "../support/bodies/options.ts";
import { listenBody } from "../support/bodies.ts";

export type Sample = { id: string; body: string };

/** A finished transcript under a new id, as compact JSON. */
export function transcript(options: ListenOptions = {}): Sample {
  const id = options.requestId ?? randomUUID();
  return { id, body: JSON.stringify(listenBody({ words: 12, ...options, requestId: id })) };
}

/** One of at least so many bytes. */
export function sized(bytes: number): Sample {
  const id = randomUUID();
  const { metadata, results } = listenBody({ words: 20, requestId: id });
  const filler = "the quick brown fox jumps over the lazy dog ".repeat(Math.ceil(bytes / 44));
  const [channel] = results.channels;
  if (channel?.alternatives[0]) channel.alternatives[0].transcript = filler;
  return { id, body: JSON.stringify({ metadata, results }) };
}

/** A UUID of version 7 (RFC 9562), as Deepgram's ids have been since 2026. */
export function uuidV7(now: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
