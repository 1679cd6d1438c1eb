import { MAX_HELD_BYTES } from "../limits.ts";
import { log } from "../log.ts";
import { jsonl } from "../render/jsonl.ts";
import { streamSegments } from "../segments/stream-segments.ts";
import { unshowableReason } from "../segments/unshowable.ts";
import { headCallback } from "../store/callbacks.ts";
import { segmentsKey } from "../store/keys.ts";
import { multipartSink } from "../store/multipart-sink.ts";
import { rangeReader } from "../store/open-body.ts";
import { type CallbackRecord, resultKind } from "../store/record.ts";

/**
 * Puts the segments of a large transcript beside it, once, so that no read has to look for them in
 * the body. Small bodies are read faster than a second object. Throws when R2 does not answer.
 */
export async function keepSegments(bucket: R2Bucket, record: CallbackRecord): Promise<void> {
  const { requestId, bytes } = record;
  if (bytes <= MAX_HELD_BYTES || resultKind(record) !== "transcript") return;
  const key = segmentsKey(record);
  if ((await bucket.head(key)) !== null) return;
  const encoder = new TextEncoder();
  const sink = await multipartSink(bucket, key);
  try {
    const segments = streamSegments({ bytes, read: rangeReader(bucket, record) });
    for await (const line of jsonl(segments)) await sink.write(encoder.encode(line));
    await sink.commit();
  } catch (error) {
    await sink.abort();
    const reason = unshowableReason(error);
    if (reason === null) throw error;
    log("warn", "segments.unshowable", { request_id: requestId, reason });
    return;
  }
  // A deletion meanwhile has not seen them.
  if ((await headCallback(bucket, requestId))?.state === "deleted") await bucket.delete(key);
}
