import * as z from "zod";
import { breakUnits } from "../captions/break-units.ts";
import { cleanText } from "../segments/clean-text.ts";
import { timeQueue } from "../segments/merge-by-time.ts";
import { joinWords } from "../segments/scripts.ts";
import type { Segment, SegmentSource, Word } from "../segments/segment.ts";
import { spellMost } from "../segments/spoken-words.ts";
import { type Place, speechTimes, wordPlaces } from "../segments/words-in-text.ts";

/** Which part of a transcript is wanted; what is absent does not narrow it. */
export type SliceOptions = {
  /** Seconds from the start of the audio. */
  from?: number;
  /** Seconds from the start of the audio; what begins then is not in the slice. */
  to?: number;
  /** Index into `results.channels`, from 0. */
  channel?: number;
  /** Deepgram's speaker number, from 0. */
  speaker?: number;
  /** 0 to 1. Words below it are left out; those of unknown confidence are not. */
  minConfidence?: number;
};

/**
 * A part of segments given in order of time, in that order. A word belongs where it begins, so that
 * adjacent slices hold each word once; times stay as they are. A segment of which all is in the slice
 * passes as it is. From one of which a part is, the other words are left out, and their text: where
 * words and text are spelled differently (`smart_format`) the text becomes that of the words; where
 * there are no words, or too few for the text, its time is spread evenly over it, and no confidence is
 * known.
 *
 * Nothing is read behind the first segment that begins at `to` or later.
 */
export async function* slice(
  segments: SegmentSource,
  { from = 0, to = Infinity, channel, speaker, minConfidence = 0 }: SliceOptions,
): AsyncGenerator<Segment> {
  const bounds = { from, to, minConfidence };
  const queue = timeQueue<Segment>(({ start }) => start);
  for await (const segment of segments) {
    if (segment.start >= to) break;
    const isWanted =
      (channel === undefined || segment.channel === channel) &&
      (speaker === undefined || segment.speaker === speaker);
    const part = isWanted ? cutSegment(segment, bounds) : null;
    if (part !== null) queue.add(part);
    for (const due of queue.take(segment.start)) yield due;
  }
  for (const due of queue.take(Infinity)) yield due;
}

/** What is kept: what begins from `from` up to but without `to` seconds, unless it is less sure. */
type Bounds = { from: number; to: number; minConfidence: number };

/**
 * What bounds leave of a segment: null for nothing, the same segment for all. Otherwise it begins with
 * the first word left and ends with the last.
 */
function cutSegment(segment: Segment, bounds: Bounds): Segment | null {
  const { words, start, end } = segment;
  if (end < bounds.from) return null;
  const isInTime = start >= bounds.from && end < bounds.to;
  if (isInTime && words.every((word) => isSure(word, bounds))) return segment;
  const text = cleanText(segment.text);
  const places = wordPlaces(words, text);
  return places !== null || spellMost(charsOf(words), text.length)
    ? cutSpoken(segment, text, places, bounds)
    : cutSpread(segment, text, bounds);
}

/** Words that stand for the text: it loses what they lose, or becomes theirs. */
function cutSpoken(
  segment: Segment,
  text: string,
  places: Place[] | null,
  bounds: Bounds,
): Segment | null {
  const isKept = segment.words.map((word) => keeps(word, segment, bounds));
  const words = segment.words.filter((_, i) => isKept[i]);
  if (words.length === 0) return null;
  if (words.length === segment.words.length) return segment;
  const spans = words.map((word) => spanOf(word, segment));
  return {
    ...segment,
    start: spans.reduce((least, { start }) => Math.min(least, start), Infinity),
    end: spans.reduce((most, { end }) => Math.max(most, end), 0),
    text: places === null ? spelling(words) : textAt(places, isKept, text),
    words,
  };
}

/** Text that no words stand for is taken as spread evenly; words there may be lose what they lose. */
function cutSpread(segment: Segment, text: string, bounds: Bounds): Segment | null {
  const words = segment.words.filter((word) => keeps(word, segment, bounds));
  const timesOf = speechTimes(segment, text);
  let isWhole = words.length === segment.words.length;
  let kept: { start: number; end: number; text: string } | undefined;
  let offset = 0;
  for (const { text: part, spaced } of breakUnits(text, Infinity)) {
    const to = offset + part.replaceAll(" ", "").length;
    const { start, end } = timesOf(offset, to);
    offset = to;
    if (start < bounds.from || start >= bounds.to) isWhole = false;
    else if (kept === undefined) kept = { start, end, text: part };
    else kept = { ...kept, end, text: `${kept.text}${spaced ? " " : ""}${part}` };
  }
  if (kept === undefined) return null;
  return isWhole ? segment : { ...segment, ...kept, words };
}

function keeps(word: Word, segment: Segment, bounds: Bounds): boolean {
  const { start } = spanOf(word, segment);
  return start >= bounds.from && start < bounds.to && isSure(word, bounds);
}

function isSure({ confidence }: Word, { minConfidence }: Bounds): boolean {
  return confidence === null || confidence >= minConfidence;
}

/** A word's time, held within its segment's. */
function spanOf(word: Word, segment: Segment): { start: number; end: number } {
  const within = (time: number) => Math.min(segment.end, Math.max(segment.start, time));
  return { start: within(word.start), end: within(word.end) };
}

function charsOf(words: readonly Word[]): number {
  return words.reduce((sum, { text }) => sum + text.length + 1, 0);
}

function spelling(words: readonly Word[]): string {
  return joinWords(words.map(({ text }) => text));
}

/** The stretches of a text that kept words stand in, joined as words are. */
function textAt(places: readonly Place[], isKept: readonly boolean[], text: string): string {
  const runs: Place[] = [];
  places.forEach(({ from, to }, i) => {
    if (!isKept[i]) return;
    const last = runs.at(-1);
    if (last !== undefined && isKept[i - 1]) last.to = to;
    else runs.push({ from, to });
  });
  return joinWords(runs.map((run) => text.slice(run.from, run.to)));
}

const DECIMAL = /^(?:\d+(?:\.\d+)?|\.\d+)$/;
const WHOLE = /^\d+$/;
/** About 30 years, as for the times in a body. */
const MAX_TIME_SECONDS = 1e9;

/** The options of a slice as parameters of a query: `from`, `to`, `channel`, `speaker`, `min_confidence`. */
export const sliceQuery = z
  .object({
    from: decimalParameter(0, MAX_TIME_SECONDS).exactOptional(),
    to: decimalParameter(0, MAX_TIME_SECONDS).exactOptional(),
    channel: wholeParameter(0, Number.MAX_SAFE_INTEGER).exactOptional(),
    speaker: wholeParameter(0, Number.MAX_SAFE_INTEGER).exactOptional(),
    min_confidence: decimalParameter(0, 1).exactOptional(),
  })
  .refine(({ from = 0, to = Infinity }) => from < to, {
    path: ["to"],
    error: "must be greater than from",
  })
  .transform(
    ({ min_confidence: minConfidence, ...rest }): SliceOptions => ({
      ...rest,
      ...(minConfidence !== undefined && { minConfidence }),
    }),
  );

/** A parameter of a query that is a decimal number between both limits: no sign, no exponent. */
export function decimalParameter(least: number, most: number) {
  return numberParameter(DECIMAL, least, most, `must be a number from ${least} to ${most}`);
}

/** A parameter of a query that is a whole number between both limits. */
export function wholeParameter(least: number, most: number) {
  return numberParameter(WHOLE, least, most, `must be a whole number from ${least} to ${most}`);
}

function numberParameter(form: RegExp, least: number, most: number, error: string) {
  const number = z.number(error).min(least, error).max(most, error);
  return z.string(error).regex(form, error).transform(Number).pipe(number);
}
