import { identify } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { handOver } from "../follow-ups/outbox.ts";
import { takeBody } from "../receive/take-body.ts";
import { type Stored, storeCallback } from "../store/callbacks.ts";
import { discard } from "../store/spool.ts";
import { streamed } from "./streamed.ts";

/**
 * Stores a document as the callback of a request, and hands it over to the queue. May be repeated.
 * Throws when that has not come to its end.
 */
export async function keepDocument(
  env: Env,
  requestId: RequestId,
  parts: Iterable<string>,
): Promise<Stored> {
  const taken = await takeBody(
    streamed(parts),
    env.TRANSCRIPTS,
    Number.MAX_SAFE_INTEGER,
    async () => true,
  );
  if (!taken.ok) throw new Error(`the document was ${taken.reason}`);
  const { content, json, sha256 } = taken.value;
  try {
    const callback = identify(json);
    if (!callback.ok) throw new Error(`the document is ${callback.reason}`);
    const receivedAt = new Date().toISOString();
    const record = { ...callback.value, requestId, receivedAt, sha256 };
    const stored = await storeCallback(env.TRANSCRIPTS, record, content);
    if (stored !== "deleted") {
      const message = { type: "callback", request_id: requestId } as const;
      await handOver(env, message);
    }
    return stored;
  } finally {
    await discard(env.TRANSCRIPTS, content);
  }
}
