import { insightsOf } from "../insights/insights.ts";
import { summarySegments } from "../insights/summary-segments.ts";
import { MAX_HELD_BYTES } from "../limits.ts";
import { log } from "../log.ts";
import { readSegments } from "../segments/read-segments.ts";
import type { Segment } from "../segments/segment.ts";
import { segments } from "../segments/segments.ts";
import { streamSegments } from "../segments/stream-segments.ts";
import { unshowableReason } from "../segments/unshowable.ts";
import { factsOf } from "./facts.ts";
import { largeInsights } from "./insights-of.ts";
import { segmentsKey } from "./keys.ts";
import { openBody, rangeReader } from "./open-body.ts";
import type { CallbackRecord } from "./record.ts";

/**
 * The segments of a current callback, of a text its summary as one, read when they are asked for, a large one's never held whole.
 * None when it was deleted since; only those before the place where a body cannot be shown. `look` is
 * shown the body of a small one.
 */
export async function* segmentsOf(
  bucket: R2Bucket,
  record: CallbackRecord,
  look: (body: unknown) => void = () => {},
): AsyncGenerator<Segment> {
  try {
    if (record.kind === "text") {
      yield* await summaryOf(bucket, record, look);
      return;
    }
    yield* record.bytes <= MAX_HELD_BYTES
      ? await held(bucket, record, look)
      : largeSegments(bucket, record);
  } catch (error) {
    const reason = unshowableReason(error);
    if (reason === null) throw error;
    log("warn", "segments.unshowable", { request_id: record.requestId, reason });
  }
}

/** Of a text: its summary. */
async function summaryOf(
  bucket: R2Bucket,
  record: CallbackRecord,
  look: (body: unknown) => void,
): Promise<Segment[]> {
  const { languages } = await factsOf(bucket, record);
  const [language = null] = languages;
  if (record.bytes > MAX_HELD_BYTES) {
    return summarySegments(await largeInsights(bucket, record), language);
  }
  const object = await openBody(bucket, record);
  if (object === null) return [];
  const body = await object.json();
  look(body);
  return summarySegments(insightsOf(body), language);
}

async function held(
  bucket: R2Bucket,
  record: CallbackRecord,
  look: (body: unknown) => void,
): Promise<Segment[]> {
  const object = await openBody(bucket, record);
  if (object === null) return [];
  const body = await object.json();
  look(body);
  return segments(body);
}

/**
 * The segments of a large body: those kept of it, or, as long as there are none, out of the body itself.
 * Throws `unshowable` errors.
 */
export async function* largeSegments(
  bucket: R2Bucket,
  record: CallbackRecord,
): AsyncGenerator<Segment> {
  const kept = await bucket.get(segmentsKey(record));
  const read = rangeReader(bucket, record);
  yield* kept === null ? streamSegments({ bytes: record.bytes, read }) : readSegments(kept.body);
}
