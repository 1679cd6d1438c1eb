import { inTwo, partition } from "./partition.ts";
import type { Break, Piece } from "./pieces.ts";

/** What it costs a reader to have text broken at such a place. */
export const BREAK_COST: Record<Break, number> = {
  sentence: 0,
  phrase: 6,
  word: 20,
  "torn word": 200,
  label: 1000,
};
const LINE_COST = 10_000;
const UNEVEN_COST = 100;

/** Columns that pieces take side by side: of those before the first, of those before the second… */
export function widthSums(pieces: readonly Piece[]): number[] {
  const sums = [0];
  let sum = 0;
  for (const { width, spaced } of pieces) {
    sum += spaced ? width + 1 : width;
    sums.push(sum);
  }
  return sums;
}

/** Columns of the pieces from `from` up to but without `to` on one line. */
export function widthBetween(
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
