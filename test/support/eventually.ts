import { vi } from "vitest";

const WITHIN_MS = 15_000;

/** Looks again and again until nothing is thrown, with time enough for a machine that is busy. */
export const eventually = <Value>(look: () => Value | Promise<Value>): Promise<Value> =>
  vi.waitFor(look, { timeout: WITHIN_MS });
