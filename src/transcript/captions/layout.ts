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

/** What a run of items costs, from `from` up to but without `to`. */
type Cost = (from: number, to: number) => number;

/**
 * Cuts `count` items into runs of least total cost and returns where each run ends. A cost of Infinity
 * forbids a run and every run ending at the same place that is longer; a run of one must be allowed.
 */
export function partition(count: number, cost: Cost): number[] {
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
