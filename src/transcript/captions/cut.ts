import type { CueLimits } from "./caption-options.ts";
import { BREAK_COST, widthBetween, widthSums } from "./layout.ts";
import { partition } from "./partition.ts";
import type { Piece } from "./pieces.ts";

const READABLE_MS = 1000;
const EMPTY_COST = 20;
const FLASH_COST = 15;

/**
 * Pieces of one stretch cut into cues within the limits, about evenly filled, broken where it reads
 * well, and none so short that it only flashes. A single piece may exceed the time limit; a name before
 * it always stays with it.
 */
export function cut(pieces: readonly Piece[], limits: CueLimits): (readonly Piece[])[] {
  const { length } = pieces;
  const sums = widthSums(pieces);
  const reach = reaches(pieces, sums, limits);
  const room = limits.maxChars * limits.maxLines;
  const cost = (from: number, to: number): number => {
    if (to > reach[from]!) return Infinity;
    const { startMs, after } = pieces[from]!;
    const last = pieces[to - 1]!;
    if (last.endMs - startMs > limits.maxMs && to - from > (after === "label" ? 2 : 1)) {
      return Infinity;
    }
    const empty = Math.max(0, 1 - widthBetween(pieces, sums, from, to) / room);
    const untilMs = to < length ? pieces[to]!.startMs : last.endMs + READABLE_MS;
    const flash = Math.max(0, 1 - (untilMs - startMs) / READABLE_MS);
    const breaking = to === length ? 0 : BREAK_COST[last.after];
    return EMPTY_COST * empty * empty + FLASH_COST * flash + breaking;
  };
  // Two cues are each emptier than one, and shown for less long.
  if (cost(0, length) !== Infinity) return [pieces];
  const ends = partition(length, cost);
  return ends.map((end, i) => pieces.slice(ends[i - 1] ?? 0, end));
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
