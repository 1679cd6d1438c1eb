/** R2 takes one write a second for a key: a write that is refused waits a little over that. */
const PAUSE_MS = 1_100;
const TRIES = 3;

/** Repeats work that R2 refuses, up to three tries in all. Rejects as the last one does. */
export async function retryWrites<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES) throw error;
      await scheduler.wait(PAUSE_MS);
    }
  }
}

/** What R2 says to a second write of a key within a second. */
const RATE_LIMITED = "(10058)";

/** A fourth try comes more than three seconds after the first: within the answer's deadline. */
const RATE_LIMITED_TRIES = 4;

/**
 * Repeats a write of R2 that came too soon after another one of its key, up to four tries in all.
 * Rejects as the last one does, and with any other error at once.
 */
export async function retryRateLimited<Value>(write: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt === RATE_LIMITED_TRIES || !String(error).includes(RATE_LIMITED)) throw error;
      await scheduler.wait(PAUSE_MS);
    }
  }
}
