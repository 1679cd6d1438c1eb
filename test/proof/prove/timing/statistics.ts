import { median } from "../../../bench/rounds.ts";

/** Times in milliseconds: one of each group a round, at the same index. */
export type Samples = Readonly<{
  first: Float64Array;
  /** Of the same request as `first`: what differs between the two is noise. */
  again: Float64Array;
  last: Float64Array;
}>;

export type Difference = {
  /** Between the medians of two groups, in milliseconds. */
  ms: number;
  /** What bootstrapping the rounds gives for it: `CONFIDENCE` of the resampled differences. */
  low: number;
  high: number;
};

export type Verdict = {
  median: Record<keyof Samples, number>;
  /** Of `again` from `first`. */
  noise: Difference;
  /** Of `last` from both groups of the wrong first byte, taken together. */
  effect: Difference;
  /** Zero is outside the interval of `effect`. */
  isSeen: boolean;
};

export const CONFIDENCE = 0.999;
const RESAMPLES = 4_000;
const SEED = 1;

/** What the times of the groups say. Resamples whole rounds, since what disturbs one meets all groups. */
export function judge({ first, again, last }: Samples): Verdict {
  const noises: number[] = [];
  const effects: number[] = [];
  const random = randomFrom(SEED);
  const rounds = first.length;
  const one = { first: new Float64Array(rounds), last: new Float64Array(rounds) };
  const other = { again: new Float64Array(rounds), both: new Float64Array(2 * rounds) };
  for (let nth = 0; nth < RESAMPLES; nth++) {
    for (let place = 0; place < rounds; place++) {
      const round = Math.floor(random() * rounds);
      one.first[place] = first[round] ?? Number.NaN;
      other.again[place] = again[round] ?? Number.NaN;
      one.last[place] = last[round] ?? Number.NaN;
    }
    other.both.set(one.first);
    other.both.set(other.again, rounds);
    noises.push(sortedMedian(other.again) - sortedMedian(one.first));
    effects.push(sortedMedian(one.last) - sortedMedian(other.both));
  }
  const medians = { first: median([...first]), again: median([...again]), last: median([...last]) };
  const noise = interval(medians.again - medians.first, noises);
  const effect = interval(medians.last - median([...first, ...again]), effects);
  return { median: medians, noise, effect, isSeen: effect.low > 0 || effect.high < 0 };
}

function interval(ms: number, resampled: number[]): Difference {
  const sorted = Float64Array.from(resampled).sort();
  const outside = Math.floor(((1 - CONFIDENCE) / 2) * sorted.length);
  return { ms, low: sorted.at(outside) ?? Number.NaN, high: sorted.at(-1 - outside) ?? Number.NaN };
}

/** Sorts in place. */
function sortedMedian(values: Float64Array): number {
  values.sort();
  const middle = values.length >> 1;
  const high = values[middle] ?? Number.NaN;
  return values.length % 2 === 1 ? high : (high + (values[middle - 1] ?? Number.NaN)) / 2;
}

/** Evenly spread numbers in [0, 1), the same for the same seed (Marsaglia's xorshift, 32 bits). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
