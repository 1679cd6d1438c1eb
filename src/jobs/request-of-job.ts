import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback } from "../store/callbacks.ts";
import { CREATE_ONLY } from "../store/create-only.ts";
import { putTombstone } from "../store/erase.ts";
import { linkExpectation, readExpectation } from "../store/expectations.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { type Job, jobKind, jobMintedAt } from "./job.ts";
import { jobRequestId } from "./job-request-id.ts";

const POLL_MS = 500;
const POLLS = 5;
/** By then a submission has recorded its answer, or never will. */
const SUBMISSION_SETTLED_MS = 120_000;

/**
 * Which request a body without an id is about, that came for a job; null when our own submission has
 * not recorded that yet: the sender is to come back. Throws when R2 does not answer.
 */
export async function requestOfJob(
  bucket: R2Bucket,
  job: Job,
  now: number,
): Promise<RequestId | null> {
  const isSubmitting = jobKind(job) === "s" && now - jobMintedAt(job) < SUBMISSION_SETTLED_MS;
  for (let poll = 0; ; poll++) {
    const bound = await boundRequest(bucket, job);
    if (bound !== null) return bound;
    if (!isSubmitting) return jobRequestId(job);
    if (poll === POLLS) return null;
    await scheduler.wait(POLL_MS);
  }
}

/**
 * Whether a body about this request may come for a job. The first request of a job that has none yet
 * becomes its request, unless it is that of another job; and whoever waits for the job is led there.
 */
export async function isOfJob(bucket: R2Bucket, job: Job, id: RequestId): Promise<boolean> {
  const [known, expected] = await Promise.all([
    boundRequest(bucket, job),
    readExpectation(bucket, id),
  ]);
  if (known === null && (expected?.job ?? job) !== job) return false;
  const bound = known ?? (await bindJob(bucket, job, id));
  if (bound !== id) return false;
  // Of one that our own submission has recorded nobody waits under another id.
  if (known === null || expected === null) await leadOn(bucket, await jobRequestId(job), id);
  return true;
}

/** What was deleted under the id of its job is deleted. */
async function leadOn(bucket: R2Bucket, awaited: RequestId, id: RequestId): Promise<void> {
  if (awaited === id) return;
  await linkExpectation(bucket, awaited, id);
  // After the link: a deletion that has not seen that is seen here.
  const record = await headCallback(bucket, awaited);
  if (record?.state === "deleted") await putTombstone(bucket, id, record.deletedAt, CREATE_ONLY);
}
