import { problem } from "../http/problem.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { MAX_HELD_BYTES } from "../lib/limits.ts";
import type { CallbackRecord } from "../store/record.ts";
import { largeSegments } from "../store/segments-of.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";
import { unshowableReason } from "../transcript/segments/unshowable.ts";
import { open, type Wanted } from "./open.ts";

/** A transcript's segments in order of time. Throws the answer when it cannot be read. */
export async function openSegments(
  bucket: R2Bucket,
  wanted: Wanted,
): Promise<{ record: CallbackRecord; segments: AsyncIterable<Segment> | Segment[] }> {
  const { record, object } = await open(bucket, wanted);
  if (record.bytes <= MAX_HELD_BYTES) return { record, segments: segments(await object.json()) };
  await object.body.cancel();
  const large = begun(largeSegments(bucket, record)).catch(refuseUnshowable);
  return { record, segments: await large };
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
