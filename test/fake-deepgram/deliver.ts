import { setTimeout as sleep } from "node:timers/promises";
import { callBack } from "./call-back.ts";
import type { CallbackTarget } from "./callback-url.ts";
import type { Job } from "./job.ts";
import { bodyOf, type Entry, type Work } from "./work.ts";

/** Delivers one copy of a job's callback, with its retries. Resolves to whether it arrived. */
export const deliver = async (
  { settings, waiters, signal }: Work,
  entry: Entry,
  target: CallbackTarget,
  copy: number,
): Promise<boolean> => {
  const { job, faults, wish } = entry;
  const { chunked, trickleMs, cut } = faults;
  const { timeoutMs, dgToken, onEvent } = settings;
  const how = { chunked, trickleMs, timeoutMs, dgToken, signal, method: wish.method };
  const sending = { ...target, ...how, body: bodyOf(entry, copy) };
  const delivered = await callBack({ sending, copy, cut }, settings, {
    attempted: (attempt) => {
      job.attempts.push(attempt);
      onEvent({ kind: "attempt", job, attempt });
      waiters.changed();
    },
    retrying: (inMs) => onEvent({ kind: "retry", job, copy, inMs }),
  });
  if (!delivered) onEvent({ kind: "dropped", job, copy });
  return delivered;
};

const deliverAll = async (work: Work, entry: Entry, target: CallbackTarget): Promise<boolean> => {
  const copies = Array.from({ length: entry.faults.copies }, (_, index) => index + 1);
  if (entry.faults.together) {
    const sent = copies.map((copy) => deliver(work, entry, target, copy));
    return (await Promise.all(sent)).every(Boolean);
  }
  let every = true;
  for (const copy of copies) every = (await deliver(work, entry, target, copy)) && every;
  return every;
};

const nextIsDone = async ({ waiters }: Work, job: Job): Promise<void> => {
  const isIt = (other: Job) => other.number === job.number + 1 && other.state !== "waiting";
  await waiters.waitFor(isIt, Number.POSITIVE_INFINITY);
};

/** Transcribes for a while, then makes the callback as the faults say. Resolves to how it ended. */
export const runJob = async (work: Work, entry: Entry): Promise<Job["state"]> => {
  const { job, faults, wish } = entry;
  if (wish.callback === null) return "answered";
  await sleep(work.settings.delayMs + faults.delayMs, undefined, { signal: work.signal });
  if (faults.afterNext) await nextIsDone(work, job);
  if (faults.lose) return "lost";
  return (await deliverAll(work, entry, wish.callback)) ? "delivered" : "dropped";
};
