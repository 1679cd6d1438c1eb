import { MAX_HELD_BYTES } from "../../lib/limits.ts";
import { requireBody } from "../../store/open-body.ts";
import type { CallbackRecord } from "../../store/record.ts";
import { keepSegments, storedSegmentsFrom } from "../../store/segments-of.ts";
import { readLines } from "../../transcript/segments/read-lines.ts";
import type { Segment } from "../../transcript/segments/segment.ts";
import { segments } from "../../transcript/segments/segments.ts";

/**
 * Where a translation goes on: how many segments of a body held in memory have been translated, or
 * how many bytes of the segments kept beside a large one.
 */
export type Position = number;

/** A segment, where the next one is, and how much of the whole lies before that, from 0 to 1. */
export type Sourced = { segment: Segment; next: Position; progress: number };

/**
 * The segments of a transcript from a position on. Null when a large one cannot be shown in segments.
 * Throws when R2 does not answer.
 */
export async function sourceFrom(
  bucket: R2Bucket,
  record: CallbackRecord,
  from: Position,
): Promise<AsyncIterable<Sourced> | Sourced[] | null> {
  if (record.bytes > MAX_HELD_BYTES) return keptFrom(bucket, record, from);
  const object = await requireBody(bucket, record);
  const all = segments(await object.json());
  return all.slice(from).map((segment, index) => {
    const next = from + index + 1;
    return { segment, next, progress: next / all.length };
  });
}

async function keptFrom(bucket: R2Bucket, record: CallbackRecord, from: Position) {
  let stored = await storedSegmentsFrom(bucket, record, from);
  if (stored === null) {
    // A client may ask for a translation before the callback's own message has come.
    await keepSegments(bucket, record);
    stored = await storedSegmentsFrom(bucket, record, from);
  }
  if (stored === null) return null;
  return stored.body === null ? [] : positioned(stored.body, from, stored.size);
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
