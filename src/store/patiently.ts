/** R2 takes one write a second for a key: a write that is refused waits a little over that. */
const PAUSE_MS = 1_100;
const TRIES = 3;

/** Repeats work that R2 refuses, up to three tries in all. Rejects as the last one does. */
export async function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES) throw error;
      await scheduler.wait(PAUSE_MS);
    }
  }
}
