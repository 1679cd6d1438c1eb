import { readLines } from "../../lib/bytes.ts";
import { MAX_HELD_BYTES } from "../../lib/held-bytes.ts";
import { requireBody } from "../../store/content.ts";
import type { CallbackRecord } from "../../store/record.ts";
import { storedSegmentsFrom, storeSegments } from "../../store/stored-segments.ts";
import { listTranslation, putTranslation } from "../../store/translations.ts";
import { jsonl } from "../../transcript/formats/jsonl.ts";
import { cleanText } from "../../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../../transcript/segments/scripts.ts";
import type { Segment } from "../../transcript/segments/segment.ts";
import { segments } from "../../transcript/segments/segments.ts";
import type { Outcome } from "../channel.ts";
import { sentenceChunks, type Translator } from "./providers/translator.ts";

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

/** Whether there is time to start another. */
type HasTime = () => boolean;

type Translated = {
  /** The first of those given: as many as have been translated. */
  segments: Segment[];
  /** Why the rest is missing; null when none is, or time ran out. */
  trouble: Extract<Outcome, { result: "retry" | "failed" }> | null;
};

/**
 * Translates segments, which keep their times; their words are not known any more. What has been
 * translated before trouble came, or before time ran out, is given.
 */
async function translateSegments(
  segments: readonly Segment[],
  target: string,
  translator: Translator,
  hasTime: HasTime,
): Promise<Translated> {
  const requests = translationRequests(segments, target, translator.limits);
  const texts = new Map<number, string>();
  const upTo = (count: number) =>
    segments.slice(0, count).map((segment, index) => translated(segment, target, texts.get(index)));
  for (const { source, texts: sought, segments: indices } of requests) {
    // A segment may reach over several requests: it is whole once another one begins.
    const whole = indices[0] ?? 0;
    // Finish at least one: otherwise a long one would be started again and again.
    if (whole > 0 && !hasTime()) return { segments: upTo(whole), trouble: null };
    const outcome = await translator.translate(sought, { source, target });
    if (outcome.result !== "done") return { segments: upTo(whole), trouble: outcome };
    outcome.texts.forEach((text, position) => {
      const index = indices[position] ?? 0;
      const before = texts.get(index);
      texts.set(
        index,
        before === undefined ? text : before + sentenceSeparator(before, text) + text,
      );
    });
  }
  return { segments: upTo(segments.length), trouble: null };
}

/** What was not translated is in the target language already, or says nothing. */
function translated(segment: Segment, target: string, text: string | undefined): Segment {
  return text === undefined ? segment : { ...segment, language: target, text, words: [] };
}

/** Texts for one request to a translator, all from one language. */
type TranslationRequest = {
  source: string | null;
  texts: string[];
  /** Of each text the index of its segment. */
  segments: number[];
};

/**
 * The requests that translate segments, in their order. Long texts are parted at sentences; what is
 * in the target language, or says nothing, is not asked for.
 */
function translationRequests(
  segments: readonly Segment[],
  target: string,
  { maxTexts, maxChars }: Translator["limits"],
): TranslationRequest[] {
  const requests: TranslationRequest[] = [];
  let chars = 0;
  segments.forEach(({ language, text }, index) => {
    if (language !== null && isSameLanguage(language, target)) return;
    for (const chunk of sentenceChunks(cleanText(text), maxChars)) {
      const open = requests.at(-1);
      const fits =
        open !== undefined &&
        open.source === language &&
        open.texts.length < maxTexts &&
        chars + chunk.length <= maxChars;
      const request = fits ? open : { source: language, texts: [], segments: [] };
      if (!fits) {
        requests.push(request);
        chars = 0;
      }
      chars += chunk.length;
      request.texts.push(chunk);
      request.segments.push(index);
    }
  });
  return requests;
}

/** Whether two BCP 47 tags name one language in one script, whatever their regions. */
function isSameLanguage(one: string, other: string): boolean {
  const [first, second] = [likely(one), likely(other)];
  return first !== null && first === second;
}

/** Null for what is not a language tag. */
function likely(tag: string): string | null {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return `${language}-${script}`;
  } catch {
    return null;
  }
}
