/** A moment by which an answer is due. */
export type Deadline = {
  /** Not below 0. */
  msLeft: () => number;
};

export function deadlineIn(ms: number): Deadline {
  const dueAt = Date.now() + ms;
  return { msLeft: () => Math.max(dueAt - Date.now(), 0) };
}

/**
 * Settles as `work` does, or rejects after `ms` milliseconds. The work itself is not stopped: what
 * it still does must be harmless.
 */
export async function timeout<Value>(
  work: Promise<Value>,
  ms: number,
  what: string,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer ?? null);
  }
}

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
