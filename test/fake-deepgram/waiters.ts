type Waiter<T> = {
  test: (item: T) => boolean;
  resolve: (item: T) => void;
  reject: (reason: Error) => void;
};

/** Lets others wait until an item of `items` passes a test. */
export type Waiters<T> = {
  waitFor: (test: (item: T) => boolean, timeoutMs?: number) => Promise<T>;
  /** Runs the tests again; to be called after each change of an item. */
  changed: () => void;
  /** Fails everyone who still waits. */
  stop: () => void;
};

const DEFAULT_TIMEOUT_MS = 10_000;

export const waitersOn = <T>(items: readonly T[]): Waiters<T> => {
  const waiting = new Set<Waiter<T>>();
  const settle = (waiter: Waiter<T>): void => {
    const found = items.find(waiter.test);
    if (found === undefined) return;
    waiting.delete(waiter);
    waiter.resolve(found);
  };
  const waitFor = async (test: (item: T) => boolean, timeoutMs = DEFAULT_TIMEOUT_MS) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiter = { test, resolve, reject };
    const late = () => reject(new Error(`Nothing passed the test within ${timeoutMs} ms`));
    const timer = Number.isFinite(timeoutMs) ? setTimeout(late, timeoutMs) : undefined;
    waiting.add(waiter);
    settle(waiter);
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(waiter);
    });
  };
  return {
    waitFor,
    changed: () => waiting.forEach(settle),
    stop: () => {
      for (const { reject } of waiting) reject(new Error("The fake Deepgram was closed"));
    },
  };
};
