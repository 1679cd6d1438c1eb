import { requestIdFrom } from "../support/bodies/ids.ts";
import { deliver, runJob } from "./deliver.ts";
import type { Faults } from "./faults.ts";
import type { Attempt, Job } from "./job.ts";
import type { Settings } from "./settings.ts";
import type { Submission } from "./submission.ts";
import { type Waiters, waitersOn } from "./waiters.ts";
import type { Entry, Work } from "./work.ts";

export type Jobs = {
  all: readonly Job[];
  accept: (wish: Submission, faults: Faults, seen: Pick<Job, "audio" | "path">) => Entry;
  /** One more delivery of a job's callback. Rejects for a job that is unknown or has no callback. */
  redeliver: (requestId: string) => Promise<Attempt[]>;
  waitFor: Waiters<Job>["waitFor"];
  /** Ends all deliveries and all waiting. */
  stop: () => void;
};

/** Keeps two seeds' jobs apart. */
const SEED_STRIDE = 100_003;
/** A job with a conflict takes the odd seed behind its own. */
const SEEDS_A_JOB = 2;

const start = async (work: Work, entry: Entry): Promise<void> => {
  const { job } = entry;
  try {
    job.state = await runJob(work, entry);
  } catch (error) {
    if (work.signal.aborted) return;
    job.state = "dropped";
    const message = error instanceof Error ? error.message : String(error);
    work.settings.onEvent({ kind: "broken", job, message });
  }
  work.waiters.changed();
};

const entryOf = (
  { settings, jobs }: Work,
  wish: Submission,
  faults: Faults,
  seen: Pick<Job, "audio" | "path">,
): Entry => {
  const number = jobs.length + 1;
  const acceptedAt = Date.now();
  const seed = settings.seed * SEED_STRIDE + number * SEEDS_A_JOB;
  const requestId = requestIdFrom(seed, acceptedAt);
  const callback = wish.callback && { url: wish.callback.url.href, method: wish.method };
  const fresh = { state: "waiting" as const, attempts: [] };
  return {
    job: { requestId, number, acceptedAt, callback, ...fresh, ...seen },
    wish,
    faults,
    seed,
  };
};

/** The jobs of one fake, and the callbacks they make. */
export const createJobs = (settings: Settings): Jobs => {
  const entries: Entry[] = [];
  const all: Job[] = [];
  const closing = new AbortController();
  const waiters = waitersOn(all);
  const work = { settings, jobs: all, waiters, signal: closing.signal };
  return {
    all,
    accept: (wish, faults, seen) => {
      const entry = entryOf(work, wish, faults, seen);
      all.push(entry.job);
      entries.push(entry);
      settings.onEvent({ kind: "accepted", job: entry.job });
      void start(work, entry);
      return entry;
    },
    redeliver: async (requestId) => {
      const entry = entries.find(({ job }) => job.requestId === requestId);
      if (!entry?.wish.callback) throw new Error(`No job ${requestId} with a callback`);
      const copy = Math.max(0, ...entry.job.attempts.map((attempt) => attempt.copy)) + 1;
      await deliver(work, entry, entry.wish.callback, copy);
      return entry.job.attempts.filter((attempt) => attempt.copy === copy);
    },
    waitFor: waiters.waitFor,
    stop: () => {
      closing.abort();
      waiters.stop();
    },
  };
};
