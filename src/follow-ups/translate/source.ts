import type { RequestId } from "../../deepgram/request-id.ts";
import { MAX_HELD_BYTES } from "../../limits.ts";
import { readLines } from "../../segments/read-lines.ts";
import type { Segment } from "../../segments/segment.ts";
import { segments } from "../../segments/segments.ts";
import { segmentsKey } from "../../store/keys.ts";
import type { CallbackRecord } from "../../store/record.ts";

/**
 * Where a translation goes on: how many segments of a body held in memory have been translated, or
 * how many bytes of the segments kept beside a large one.
 */
export type Position = number;

/** A segment, where the next one is, and how much of the whole lies before that, from 0 to 1. */
export type Sourced = { segment: Segment; next: Position; progress: number };

/**
 * The segments of a transcript from a position on. Null when a large one has none beside it. Throws
 * when R2 does not answer.
 */
export async function sourceFrom(
  bucket: R2Bucket,
  record: CallbackRecord,
  from: Position,
): Promise<AsyncIterable<Sourced> | Sourced[] | null> {
  if (record.bytes > MAX_HELD_BYTES) return keptFrom(bucket, record.requestId, from);
  const object = await bucket.get(record.key);
  if (object === null) throw new Error(`${record.key} is gone`);
  const all = segments(await object.json());
  return all.slice(from).map((segment, index) => {
    const next = from + index + 1;
    return { segment, next, progress: next / all.length };
  });
}

async function keptFrom(bucket: R2Bucket, id: RequestId, from: Position) {
  const head = await bucket.head(segmentsKey(id));
  if (head === null) return null;
  // R2 has no empty range.
  if (from >= head.size) return [];
  const object = await bucket.get(segmentsKey(id), { range: { offset: from } });
  return object && positioned(object.body, from, head.size);
}

async function* positioned(
  body: ReadableStream<Uint8Array>,
  from: Position,
  bytes: number,
): AsyncGenerator<Sourced> {
  const encoder = new TextEncoder();
  let next = from;
  for await (const line of readLines(body)) {
    next += encoder.encode(line).length + 1;
    yield { segment: JSON.parse(line), next, progress: next / bytes };
  }
}
