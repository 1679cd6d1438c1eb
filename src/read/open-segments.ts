import type { RequestId } from "../deepgram/request-id.ts";
import { problem } from "../http/problem.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { MAX_HELD_BYTES } from "../limits.ts";
import { readSegments } from "../segments/read-segments.ts";
import type { Segment } from "../segments/segment.ts";
import { segments } from "../segments/segments.ts";
import { streamSegments } from "../segments/stream-segments.ts";
import { unshowableReason } from "../segments/unshowable.ts";
import { callbackKey, segmentsKey } from "../store/keys.ts";
import { rangeReader } from "../store/range-reader.ts";
import type { CallbackRecord } from "../store/record.ts";
import { open } from "./open.ts";

/** A transcript's segments in order of time. Throws the answer when it cannot be read. */
export async function openSegments(
  bucket: R2Bucket,
  requestId: RequestId,
  key: string,
): Promise<{ record: CallbackRecord; segments: AsyncIterable<Segment> | Segment[] }> {
  const { record, object } = await open(bucket, requestId, key);
  if (record.bytes <= MAX_HELD_BYTES) return { record, segments: segments(await object.json()) };
  await object.body.cancel();
  return { record, segments: await largeSegments(bucket, requestId, record) };
}

/** From beside the body, or from the body until the consumer has put them there: never held whole. */
async function largeSegments(
  bucket: R2Bucket,
  requestId: RequestId,
  record: CallbackRecord,
): Promise<AsyncIterable<Segment>> {
  if (record.key === callbackKey(requestId)) {
    const kept = await bucket.get(segmentsKey(requestId)).catch(storageUnavailable);
    if (kept !== null) return readSegments(kept.body);
  }
  const read = rangeReader(bucket, record.key);
  return begun(streamSegments({ bytes: record.bytes, read })).catch(refuseUnshowable);
}

/** What cannot be shown is told before the answer begins. */
function refuseUnshowable(error: unknown): never {
  const reason = unshowableReason(error);
  if (reason === null) storageUnavailable(error);
  throw problem(422, `The transcript can only be had as JSON: it is ${reason}.`);
}

/** The same items, the first of which has been made. */
async function begun<Item>(items: AsyncGenerator<Item>): Promise<AsyncIterable<Item>> {
  const first = await items.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* items;
  })();
}
