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

/** Steps of work, one after the other, with a common deadline. They share one timer: each costs a request time. */
export type Steps = {
  /**
   * Settles as `work` does, or rejects when only `reserveMs` milliseconds are left. The work itself is not
   * stopped: what it still does must be harmless.
   */
  run: <Value>(work: Promise<Value>, reserveMs: number, what: string) => Promise<Value>;
  /** Ends the timer, after the last step; may be called again. */
  end: () => void;
};

export function stepsWithin(ms: number): Steps {
  const { msLeft } = deadlineIn(ms);
  let timer: ReturnType<typeof setTimeout> | null = null;
  /** In milliseconds since 1970, as are all moments here. */
  let firesAt = Infinity;
  let step: { dueAt: number; fail: () => void } | null = null;

  const end = () => {
    clearTimeout(timer);
    timer = null;
  };

  function fireIn(waitMs: number, at: number): void {
    firesAt = at;
    timer = setTimeout(() => {
      timer = null;
      // It was set for a step before. A clock is not asked: one that stands still must not put this off.
      if (step !== null && step.dueAt > firesAt) fireIn(step.dueAt - firesAt, step.dueAt);
      else step?.fail();
    }, waitMs);
  }

  return {
    run(work, reserveMs, what) {
      const stepMs = Math.max(msLeft() - reserveMs, 0);
      const dueAt = Date.now() + stepMs;
      if (timer !== null && firesAt > dueAt) end();
      if (timer === null) fireIn(stepMs, dueAt);
      return new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`${what} took longer than ${stepMs} ms`));
        step = { dueAt, fail };
        work.then(resolve, reject);
      });
    },
    end,
  };
}
