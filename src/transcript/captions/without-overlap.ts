const READABLE_MS = 1000;
const SHORTEST_MS = 100;
const MAX_LAG_MS = 3000;

/** When something is said, and how long it takes to read, in whole milliseconds. */
export type Timed = { startMs: number; endMs: number; readMs: number };

/**
 * Makes times fit for captions: each starts where its speech does and stays until it can be read, for a
 * second at least, but never into the next one nor over `maxMs`. Where people talk at once the later waits a little for
 * the earlier to be read: each wait takes at most half of what is left of 3 s, so that lag is bounded.
 * A call with the next item returns the one before it; a last call without any, the last.
 */
export function withoutOverlap<T extends Timed>(maxMs: number): (next?: T) => T | undefined {
  let held: T | undefined;
  let heldLagMs = 0;
  return (next) => {
    const done = held;
    if (next === undefined) {
      return done && { ...done, endMs: done.startMs + wantedMs(done, maxMs) };
    }
    const endMs = done === undefined ? 0 : endBefore(next, done, heldLagMs, maxMs);
    heldLagMs = Math.max(0, endMs - next.startMs);
    held = heldLagMs > 0 ? { ...next, startMs: next.startMs + heldLagMs } : next;
    return done && { ...done, endMs };
  };
}

/** When `held`, which lags by `lagMs`, has to make room for `next`. */
function endBefore(next: Timed, held: Timed, lagMs: number, maxMs: number): number {
  const wantedEndMs = held.startMs + wantedMs(held, maxMs);
  if (wantedEndMs <= next.startMs) return wantedEndMs;
  const spokenMs = held.endMs - held.startMs + lagMs;
  const neededMs = Math.max(SHORTEST_MS, Math.min(spokenMs, held.readMs));
  const neededEndMs = Math.min(wantedEndMs, held.startMs + neededMs);
  if (neededEndMs <= next.startMs) return next.startMs;
  const lagBeforeMs = Math.max(0, held.startMs - next.startMs);
  const waitMs = Math.max(0, Math.floor((MAX_LAG_MS - lagBeforeMs) / 2));
  const latestMs = next.startMs + lagBeforeMs + waitMs;
  return Math.max(held.startMs + 1, Math.min(neededEndMs, latestMs));
}

function wantedMs({ startMs, endMs, readMs }: Timed, maxMs: number): number {
  return Math.max(1, Math.min(maxMs, Math.max(READABLE_MS, endMs - startMs, readMs)));
}
