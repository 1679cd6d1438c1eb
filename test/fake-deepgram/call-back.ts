import { setTimeout as sleep } from "node:timers/promises";
import { attempt, type Outcome, type Sending } from "./attempt.ts";
import type { Faults } from "./faults.ts";
import type { Attempt } from "./job.ts";

export type Retrying = { retries: number; retryIntervalMs: number };

/** What happens to a delivery, reported as it happens. */
export type Watch = {
  attempted: (attempt: Attempt) => void;
  retrying: (inMs: number) => void;
};

type Copy = { sending: Omit<Sending, "cutAfterBytes">; copy: number; cut: Faults["cut"] };

const isSuccess = ({ status }: Outcome): boolean =>
  status !== null && status >= 200 && status <= 299;

const tryOnce = async ({ sending, copy, cut }: Copy, number: number): Promise<Attempt> => {
  const startedAt = Date.now();
  const began = performance.now();
  const cutAfterBytes = cut !== null && copy === 1 && number <= cut.attempts ? cut.bytes : null;
  const outcome = await attempt({ ...sending, cutAfterBytes });
  return { copy, number, startedAt, ms: Math.round(performance.now() - began), ...outcome };
};

/**
 * Delivers one copy: any answer outside 200–299 and any failure to get one is retried after
 * `retryIntervalMs`, `retries` times at most. Resolves to whether it was delivered. Rejects when
 * the signal of `sending` aborts.
 */
export const callBack = async (copy: Copy, retrying: Retrying, watch: Watch): Promise<boolean> => {
  for (let number = 1; ; number++) {
    const made = await tryOnce(copy, number);
    copy.sending.signal.throwIfAborted();
    watch.attempted(made);
    if (isSuccess(made)) return true;
    if (number > retrying.retries) return false;
    watch.retrying(retrying.retryIntervalMs);
    await sleep(retrying.retryIntervalMs, undefined, { signal: copy.sending.signal });
  }
};
