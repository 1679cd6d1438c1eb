import { createHash } from "node:crypto";
import { sizedBody, wholeBody } from "../support/bodies/sized.ts";

/** A callback for one request, in parts that are sent one after the other. */
export type Callback = { id: string; parts: Uint8Array[]; bytes: number };

const PLACE = "00000000-0000-4000-8000-000000000000";

/** Makes callbacks of `bytes` bytes that differ in their `request_id` only and share their memory. */
export function callbacksOf(bytes: number): () => Callback {
  const body = Buffer.from(
    wholeBody(sizedBody({ bytes, requestId: PLACE, utterances: true, diarize: true })).buffer,
  );
  const at = body.indexOf(PLACE);
  const before = body.subarray(0, at);
  const after = body.subarray(at + PLACE.length);
  return () => {
    const id = crypto.randomUUID();
    return { id, parts: [before, Buffer.from(id), after], bytes };
  };
}

export function sha256Of(parts: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
