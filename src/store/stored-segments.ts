import { MAX_HELD_BYTES } from "../lib/held-bytes.ts";
import { log } from "../lib/log.ts";
import { jsonl, readSegments } from "../transcript/formats/jsonl.ts";
import {
  type Insights,
  insightsOf,
  streamInsights,
  summarySegments,
} from "../transcript/insights/insights.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";
import { unshowableReason } from "../transcript/segments/stored-body-reader.ts";
import { streamSegments } from "../transcript/segments/stream-segments.ts";
import { CREATE_ONLY, conditionalPut } from "./bucket.ts";
import { headCallback } from "./callbacks.ts";
import { factsOf, openBody, rangeReader, requireBody } from "./content.ts";
import { insightsKey, segmentsKey } from "./keys.ts";
import { type CallbackRecord, resultKind } from "./record.ts";
import { multipartSink } from "./upload-body.ts";

/**
 * The segments of a current callback, of a text its summary as one, read when they are asked for, a large one's never held whole.
 * None when it was deleted since; only those before the place where a body cannot be shown. `look` is
 * shown the body of a small one. `body` is that of a small transcript which has been read already.
 */
export async function* segmentsOf(
  bucket: R2Bucket,
  record: CallbackRecord,
  look: (body: unknown) => void = () => {},
  body?: ArrayBuffer,
): AsyncGenerator<Segment> {
  try {
    if (record.kind === "text") {
      yield* await summaryOf(bucket, record, look);
      return;
    }
    yield* record.bytes <= MAX_HELD_BYTES
      ? await held(bucket, record, look, body)
      : largeSegments(bucket, record);
  } catch (error) {
    logUnshowable(record, error);
  }
}

/** The segments of a small transcript whose body is at hand; none where it cannot be shown. */
export function segmentsIn(record: CallbackRecord, body: unknown): Segment[] {
  try {
    return segments(body);
  } catch (error) {
    logUnshowable(record, error);
    return [];
  }
}

/** Throws an error again that has another reason. */
function logUnshowable({ requestId }: CallbackRecord, error: unknown): void {
  const reason = unshowableReason(error);
  if (reason === null) throw error;
  log("warn", "segments.unshowable", { request_id: requestId, reason });
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
  read?: ArrayBuffer,
): Promise<Segment[]> {
  const object = read ? new Response(read) : await openBody(bucket, record);
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

/**
 * Puts the segments of a large transcript beside it, once, so that no read has to look for them in
 * the body. Small bodies are read faster than a second object. Throws when R2 does not answer.
 */
export async function storeSegments(bucket: R2Bucket, record: CallbackRecord): Promise<void> {
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

/**
 * The stored segments of a large body from a byte on, and how many bytes they are in all; null as long
 * as there are none.
 */
export async function storedSegmentsFrom(
  bucket: R2Bucket,
  record: CallbackRecord,
  offset: number,
): Promise<{ body: ReadableStream<Uint8Array> | null; size: number } | null> {
  const key = segmentsKey(record);
  const head = await bucket.head(key);
  if (head === null) return null;
  // R2 has no empty range.
  if (offset >= head.size) return { body: null, size: head.size };
  const object = await bucket.get(key, { range: { offset } });
  return object && { body: object.body, size: head.size };
}

/** The insights of a stored body of any size. Throws when R2 does not answer, or the body was erased. */
export async function readInsights(bucket: R2Bucket, record: CallbackRecord): Promise<Insights> {
  if (record.bytes > MAX_HELD_BYTES) return largeInsights(bucket, record);
  const object = await requireBody(bucket, record);
  return insightsOf(await object.json());
}

/** The insights of a large body: those kept of it, else out of the body itself. */
export async function largeInsights(bucket: R2Bucket, record: CallbackRecord): Promise<Insights> {
  const kept = await bucket.get(insightsKey(record));
  if (kept !== null) return kept.json();
  return streamInsights({ bytes: record.bytes, read: rangeReader(bucket, record) });
}

/**
 * Puts what else Deepgram found in a large transcript beside it, once, so that its page has not to
 * look for it in the body. Throws when R2 does not answer.
 */
export async function storeInsights(bucket: R2Bucket, record: CallbackRecord): Promise<void> {
  const { requestId, bytes, state } = record;
  if (bytes <= MAX_HELD_BYTES || state !== "received") return;
  const key = insightsKey(record);
  if ((await bucket.head(key)) !== null) return;
  const insights = await streamInsights({ bytes, read: rangeReader(bucket, record) });
  await conditionalPut(bucket, key, CREATE_ONLY, () =>
    bucket.put(key, JSON.stringify(insights), { onlyIf: CREATE_ONLY }),
  );
  // A deletion meanwhile has not seen them.
  if ((await headCallback(bucket, requestId))?.state === "deleted") await bucket.delete(key);
}
