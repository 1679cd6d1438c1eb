import { vi } from "vitest";

/** What does not hang is not hurried by a clock that is played. */
const REAL_MS = 400;

/** As it is, also where tests put another one in its place. */
const wait = scheduler.wait.bind(scheduler);

/** Stops the clock where it is: only `played` moves it on. */
export const stopClock = () =>
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: Date.now() });

/** Moves a stopped clock on until something is settled; rejects after `limitMs` on it. */
export async function played<Value>(
  pending: Promise<Value>,
  { stepMs, limitMs }: { stepMs: number; limitMs: number },
): Promise<Value> {
  let isSettled = false;
  const settling = pending.finally(() => {
    isSettled = true;
  });
  await Promise.race([settling, wait(REAL_MS)]);
  for (let ms = 0; !isSettled; ms += stepMs) {
    if (ms > limitMs) throw new Error(`no end within ${limitMs / 1_000} s`);
    await vi.advanceTimersByTimeAsync(stepMs);
    await wait(1);
  }
  return settling;
}
