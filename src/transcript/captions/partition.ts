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
export function inTwo(count: number, cost: Cost): number[] | undefined {
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
