import { vi } from "vitest";

const TIMES = 20;

/** Shorter ones are pauses, by which tests and helpers wait. */
const LEAST_MS = 1_000;

/** Has time-outs of a second and more go off 20 times as early, until `vi.restoreAllMocks()`. */
export function shortenTimeouts(): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms / TIMES));
  const set = globalThis.setTimeout;
  const shortened = (run: () => void, ms = 0) => set(run, ms < LEAST_MS ? ms : ms / TIMES);
  vi.spyOn(globalThis, "setTimeout").mockImplementation(shortened as typeof set);
}
