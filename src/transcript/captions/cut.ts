import type { CueLimits } from "./caption-options.ts";
import { BREAK_COST, partition, widthBetween, widthSums } from "./layout.ts";
import type { Piece } from "./pieces.ts";

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
