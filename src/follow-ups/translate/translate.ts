import type { CallbackRecord } from "../../store/record.ts";
import { listTranslation, putTranslation } from "../../store/translations.ts";
import { jsonl } from "../../transcript/formats/jsonl.ts";
import type { Segment } from "../../transcript/segments/segment.ts";
import type { Outcome } from "../outcome.ts";
import type { Translator } from "./providers/translator.ts";
import { type Sourced, sourceFrom } from "./source.ts";
import { translateSegments } from "./translate-segments.ts";

/** What a crash can make to be paid for twice. */
const PART_CHARS = 8_000;
const PART_SEGMENTS = 200;

/** One message works no longer than this, one request of a translator apart. */
const BUDGET_MS = 20_000;

/**
 * Translates a transcript from where it was left, a part at a time: `more` when the time of this
 * message was not enough. Each part is kept before the next one is begun, also when trouble comes in
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
