import { MAX_HELD_BYTES } from "../../lib/limits.ts";
import { requireBody } from "../../store/open-body.ts";
import type { CallbackRecord } from "../../store/record.ts";
import { storedSegmentsFrom, storeSegments } from "../../store/segments-of.ts";
import { listTranslation, putTranslation } from "../../store/translations.ts";
import { jsonl } from "../../transcript/formats/jsonl.ts";
import { readLines } from "../../transcript/segments/read-lines.ts";
import type { Segment } from "../../transcript/segments/segment.ts";
import { segments } from "../../transcript/segments/segments.ts";
import type { Outcome } from "../outcome.ts";
import type { Translator } from "./providers/translator.ts";
import { translateSegments } from "./translate-segments.ts";

/** What a crash can make to be paid for twice. */
const PART_CHARS = 8_000;
const PART_SEGMENTS = 200;

/** One message works no longer than this, one request of a translator apart. */
const BUDGET_MS = 20_000;

/**
 * Translates a transcript from where it was left, a part at a time: `more` when the time of this
 * message was not enough. Each part is stored before the next one starts, also when trouble comes in
 * the midst of it. Awaits `confirm` before each part.
 */
export async function translate(
  bucket: R2Bucket,
  record: CallbackRecord,
  translator: Translator,
  language: string,
  confirm: () => Promise<void>,
): Promise<Outcome> {
  if (record.kind === "text") {
    return { result: "failed", error: "text intelligence is not translated" };
  }
  const kept = await listTranslation(bucket, record, language);
  const end = kept.at(-1);
  if (end?.last) return { result: "done" };
  const from = end?.next ?? 0;
  const source = await sourceFrom(bucket, record, from);
  if (source === null) {
    return { result: "failed", error: "the transcript cannot be shown in segments" };
  }
  const deadline = Date.now() + BUDGET_MS;
  const hasTime = () => Date.now() < deadline;
  let number = kept.length;
  let progress = 0;
  for await (const { sourced, isLast } of partsOf(source)) {
    if (!hasTime()) return { result: "more", progress };
    await confirm();
    const given = sourced.map(({ segment }) => segment);
    const { segments, trouble } = await translateSegments(given, language, translator, hasTime);
    const isWhole = segments.length === sourced.length;
    const reached = sourced[segments.length - 1];
    if (reached !== undefined || sourced.length === 0) {
      progress = reached?.progress ?? 1;
      const part = { language, part: number++, lines: await linesOf(segments) };
      const position = { next: reached?.next ?? from, last: isLast && isWhole };
      await putTranslation(bucket, record, part, position);
    }
    if (trouble !== null) return trouble;
    if (!isWhole) return { result: "more", progress };
  }
  return { result: "done" };
}

type Part = { sourced: Sourced[]; isLast: boolean };

/** Segments in parts of a bounded size; the last one may be empty. */
async function* partsOf(source: AsyncIterable<Sourced> | Sourced[]): AsyncGenerator<Part> {
  let sourced: Sourced[] = [];
  let chars = 0;
  for await (const next of source) {
    if (chars >= PART_CHARS || sourced.length >= PART_SEGMENTS) {
      yield { sourced, isLast: false };
      [sourced, chars] = [[], 0];
    }
    sourced.push(next);
    chars += next.segment.text.length;
  }
  yield { sourced, isLast: true };
}

const linesOf = async (segments: readonly Segment[]) =>
  (await Array.fromAsync(jsonl(segments))).join("");

/**
 * Where a translation resumes: how many segments of a body held in memory have been translated, or
 * how many bytes of the segments stored for a large one.
 */
type Position = number;

/** A segment, where the next one is, and how much of the whole lies before that, from 0 to 1. */
type Sourced = { segment: Segment; next: Position; progress: number };

/**
 * The segments of a transcript from a position on. Null when a large one cannot be shown in segments.
 * Throws when R2 does not answer.
 */
async function sourceFrom(
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
    await storeSegments(bucket, record);
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
