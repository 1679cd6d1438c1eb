import { bodyKey } from "./keys.ts";

/** A large body in an object of its own, written while it came. */
export type StreamedBody = {
  /** `bodies/…` */
  key: string;
  bytes: number;
  /** When its delivery began, in milliseconds since 1970. */
  startedAt: number;
};

/** The bytes of a body: in memory, or in R2 already. */
export type Content = { held: Uint8Array } | { streamed: StreamedBody };

/** The place of a large body whose delivery begins now. */
export function newBodyPlace(): Omit<StreamedBody, "bytes"> {
  const startedAt = Date.now();
  return { key: bodyKey(startedAt, crypto.randomUUID()), startedAt };
}
