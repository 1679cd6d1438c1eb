import type { SizedBody } from "../support/bodies/sized.ts";
import type { Faults } from "./faults.ts";
import type { Job } from "./job.ts";
import { jobBody } from "./job-body.ts";
import type { Settings } from "./settings.ts";
import type { Submission } from "./submission.ts";
import type { Waiters } from "./waiters.ts";

/** What all jobs of one fake share. `signal` aborts when it closes. */
export type Work = {
  settings: Settings;
  jobs: Job[];
  waiters: Waiters<Job>;
  signal: AbortSignal;
};

/** An accepted submission with all that is needed to answer it. */
export type Entry = { job: Job; wish: Submission; faults: Faults; seed: number };

/** Body of the `copy`-th delivery; always the same unless the faults ask for a conflict. */
export const bodyOf = ({ job, wish, faults, seed }: Entry, copy: number): SizedBody =>
  jobBody(wish, faults, {
    requestId: job.requestId,
    seed: faults.conflict && copy > 1 ? seed + 1 : seed,
    created: new Date(job.acceptedAt).toISOString(),
    sha256: job.audio.sha256,
  });
