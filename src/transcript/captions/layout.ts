import { toMs } from "../../lib/times.ts";
import { cleanText } from "../segments/clean-text.ts";
import { endOf } from "../segments/scripts.ts";
import type { Segment } from "../segments/segment.ts";
import { speechTimes, withoutSpace } from "../segments/words-in-text.ts";
import { type BreakUnit, breakUnits, isPlainWord } from "./break-units.ts";

/** The limits a cue obeys: whole numbers from 1, and `maxCps` in characters a second, above 0. */
export type CueLimits = { maxChars: number; maxLines: number; maxMs: number; maxCps: number };

const PHRASE_PAUSE_MS = 300;

/** What a break after a piece would part, from the best place for one to the worst. */
type Break = "sentence" | "phrase" | "word" | "torn word" | "label";

/** The smallest part of a caption: it has its own time and stays on one line. */
export type Piece = {
  text: string;
  spaced: boolean;
  /** Columns. */
  width: number;
  startMs: number;
  endMs: number;
  /** Whether nothing but the time of its segment is known. */
  isEstimated: boolean;
  after: Break;
};

/** The pieces of a segment, their starts never going back. Their text never holds `-->`. */
export function pieces(segment: Segment, maxChars: number): Iterable<Piece> {
  return plainPieces(segment, maxChars) ?? anyPieces(segment, maxChars);
}

/** The pieces of a segment, as most are, whose text is its words, plain ones with a space between. */
function plainPieces({ text, start, end, words }: Segment, maxChars: number): Piece[] | undefined {
  if (text.includes("-->")) return undefined;
  const found: Piece[] = [];
  const within = (seconds: number) => Math.min(end, Math.max(start, seconds));
  let offset = 0;
  let last: Piece | undefined;
  for (const word of words) {
    const spaced = last !== undefined;
    if (spaced && text[offset++] !== " ") return undefined;
    if (!text.startsWith(word.text, offset) || !isPlainWord(word.text)) return undefined;
    const width = word.text.length;
    if (width > maxChars) return undefined;
    offset += width;
    const unit = { text: word.text, spaced, width, torn: false };
    last = pieceAfter(last, unit, within(word.start), within(word.end), false);
    found.push(last);
  }
  if (last === undefined || offset !== text.length) return undefined;
  last.after = "sentence";
  return found;
}

function* anyPieces(segment: Segment, maxChars: number): Generator<Piece> {
  const text = cleanText(segment.text).replaceAll("-->", "-- >");
  const timesOf = speechTimes(segment, text);
  const isEstimated = segment.words.length === 0;
  let offset = 0;
  let last: Piece | undefined;
  for (const unit of breakUnits(text, maxChars)) {
    const to = offset + withoutSpace(unit.text).length;
    const { start, end } = timesOf(offset, to);
    offset = to;
    const piece = pieceAfter(last, unit, start, end, isEstimated);
    if (last !== undefined) yield last;
    last = piece;
  }
  if (last !== undefined) {
    last.after = "sentence";
    yield last;
  }
}

/** The piece of a unit spoken at these seconds. Sees whether the one before ended a phrase. */
function pieceAfter(
  last: Piece | undefined,
  { text, spaced, width, torn }: BreakUnit,
  start: number,
  end: number,
  isEstimated: boolean,
): Piece {
  const startMs = Math.max(last?.startMs ?? 0, toMs(start));
  const endMs = Math.max(startMs, toMs(end));
  if (last?.after === "word" && startMs - last.endMs >= PHRASE_PAUSE_MS) last.after = "phrase";
  const after = torn ? "torn word" : (endOf(text) ?? "word");
  return { text, spaced, width, startMs, endMs, isEstimated, after };
}

/** What it costs a reader to have text broken at such a place. */
const BREAK_COST: Record<Break, number> = {
  sentence: 0,
  phrase: 6,
  word: 20,
  "torn word": 200,
  label: 1000,
};
const LINE_COST = 10_000;
const UNEVEN_COST = 100;

/** Columns that pieces take side by side: of those before the first, of those before the second… */
function widthSums(pieces: readonly Piece[]): number[] {
  const sums = [0];
  let sum = 0;
  for (const { width, spaced } of pieces) {
    sum += spaced ? width + 1 : width;
    sums.push(sum);
  }
  return sums;
}

/** Columns of the pieces from `from` up to but without `to` on one line. */
function widthBetween(
  pieces: readonly Piece[],
  sums: readonly number[],
  from: number,
  to: number,
): number {
  return sums[to]! - sums[from]! - (from < to && pieces[from]!.spaced ? 1 : 0);
}

/** Pieces set in the fewest lines of at most `maxChars` columns, about even, broken where it reads well. */
export function layout(pieces: readonly Piece[], maxChars: number): string[] {
  const sums = widthSums(pieces);
  const total = widthBetween(pieces, sums, 0, pieces.length);
  // The fewest lines come before all else.
  if (total <= maxChars) return [lineOf(pieces, 0, pieces.length)];
  const even = total / Math.ceil(total / maxChars);
  const cost = (from: number, to: number): number => {
    const width = widthBetween(pieces, sums, from, to);
    if (width > maxChars && to - from > 1) return Infinity;
    const breaking = to === pieces.length ? 0 : BREAK_COST[pieces[to - 1]!.after];
    return LINE_COST + UNEVEN_COST * ((width - even) / maxChars) ** 2 + breaking;
  };
  const ends = inTwo(pieces.length, cost) ?? partition(pieces.length, cost);
  return ends.map((end, i) => lineOf(pieces, ends[i - 1] ?? 0, end));
}

function lineOf(pieces: readonly Piece[], from: number, to: number): string {
  let line = "";
  for (let i = from; i < to; i++) {
    const { text, spaced } = pieces[i]!;
    line += i > from && spaced ? ` ${text}` : text;
  }
  return line;
}

/** What a run of items costs, from `from` up to but without `to`. */
type Cost = (from: number, to: number) => number;

/**
 * Cuts `count` items into runs of least total cost and returns where each run ends. A cost of Infinity
 * forbids a run and every run ending at the same place that is longer; a run of one must be allowed.
 */
function partition(count: number, cost: Cost): number[] {
  const best = [0];
  const runStart = [0];
  for (let to = 1; to <= count; to++) {
    let least = Infinity;
    let start = 0;
    for (let from = to - 1; from >= 0; from--) {
      const run = cost(from, to);
      if (run === Infinity) break;
      const total = best[from]! + run;
      if (total < least) {
        least = total;
        start = from;
      }
    }
    best.push(least);
    runStart.push(start);
  }
  const ends: number[] = [];
  for (let to = count; to > 0; to = runStart[to]!) ends.push(to);
  return ends.reverse();
}

/** As `partition`, but into two runs; undefined where no two are allowed. */
function inTwo(count: number, cost: Cost): number[] | undefined {
  let least = Infinity;
  let ends: number[] | undefined;
  for (let at = count - 1; at > 0; at--) {
    const total = cost(0, at) + cost(at, count);
    if (total >= least) continue;
    least = total;
    ends = [at, count];
  }
  return ends;
}

const READABLE_MS = 1000;
const EMPTY_COST = 20;
const FLASH_COST = 15;
/** For a cue that would have to be read at twice the speed. */
const FAST_COST = 80;

/**
 * Pieces of one run cut into cues within the limits, about evenly filled, broken where it reads
 * well, none so short that it only flashes, and the time to read them shared out. A single piece may exceed the time limit, and so may
 * pieces of one sentence whose times are only estimated; a name before a piece always stays with it.
 */
export function cut(pieces: readonly Piece[], limits: CueLimits): (readonly Piece[])[] {
  const { length } = pieces;
  const sums = widthSums(pieces);
  const reach = reaches(pieces, sums, limits);
  const sentences = sentencesBefore(pieces);
  const room = limits.maxChars * limits.maxLines;
  const cost = (from: number, to: number): number => {
    if (to > reach[from]!) return Infinity;
    const { startMs, after } = pieces[from]!;
    const last = pieces[to - 1]!;
    if (last.endMs - startMs > limits.maxMs && to - from > (after === "label" ? 2 : 1)) {
      if (!last.isEstimated || sentences[to - 1]! > sentences[from]!) return Infinity;
    }
    const width = widthBetween(pieces, sums, from, to);
    const empty = Math.max(0, 1 - width / room);
    const untilMs = to < length ? pieces[to]!.startMs : last.endMs + READABLE_MS;
    const shownMs = Math.max(1, untilMs - startMs);
    const flash = Math.max(0, 1 - shownMs / READABLE_MS);
    const fast = Math.max(0, (width * 1000) / limits.maxCps / shownMs - 1);
    const breaking = to === length ? 0 : BREAK_COST[last.after];
    return (
      EMPTY_COST * empty * empty + FLASH_COST * flash + FAST_COST * Math.min(1, fast) + breaking
    );
  };
  // Two cues are each emptier than one, and shown for less long.
  if (cost(0, length) !== Infinity) return [pieces];
  const ends = partition(length, cost);
  return ends.map((end, i) => pieces.slice(ends[i - 1] ?? 0, end));
}

/** How many pieces before each one end a sentence. */
function sentencesBefore(pieces: readonly Piece[]): number[] {
  let count = 0;
  return pieces.map(({ after }) => (after === "sentence" ? count++ : count));
}

/** For each piece, how many pieces from the first on have come where its cue's lines are full. */
function reaches(
  pieces: readonly Piece[],
  sums: readonly number[],
  { maxChars, maxLines }: CueLimits,
): number[] {
  const line: number[] = [];
  let to = 0;
  for (let from = 0; from < pieces.length; from++) {
    to = Math.max(to, from + 1);
    while (to < pieces.length && widthBetween(pieces, sums, from, to + 1) <= maxChars) to++;
    line.push(to);
  }
  return line.map((_, from) => {
    let end = from;
    for (let i = 0; i < maxLines && end < pieces.length; i++) end = line[end]!;
    return end;
  });
}
