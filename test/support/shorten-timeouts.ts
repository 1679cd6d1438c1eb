import { vi } from "vitest";

const TIMES = 20;

/** Has `AbortSignal.timeout` go off 20 times as early, until `vi.restoreAllMocks()`. */
export function shortenTimeouts(): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms / TIMES));
}
