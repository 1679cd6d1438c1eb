export type Lane = {
  <Value>(work: () => Promise<Value>): Promise<Value>;
  /** Whether work would start at once. */
  hasRoom: () => boolean;
};

/** Runs work when it is its turn: at most `most` at a time, in the order of the calls. */
export function limitConcurrency(most: number): Lane {
  const waiting: (() => void)[] = [];
  let running = 0;
  const run = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (running < most) running++;
    // A task that ends passes its slot to the next.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
  return Object.assign(run, { hasRoom: () => running < most });
}
