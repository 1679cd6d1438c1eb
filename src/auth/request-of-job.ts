import type { RequestId } from "../deepgram/request-id.ts";
import { headCallback } from "../store/callbacks.ts";
import { putTombstone } from "../store/erase.ts";
import { type Expectation, linkExpectation, readExpectation } from "../store/expectations.ts";
import type { CallbackRecord, Tombstone } from "../store/record.ts";
import { CREATE_ONLY } from "../store/retry-writes.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { type Job, jobKind, jobMintedAt, jobOwnerTag, jobRequestId, ownerTag } from "./job.ts";

// The one place that knows whose a request is: receiving, live streams and registration ask here.

const POLL_MS = 500;
const POLLS = 5;
/** By then a submission has recorded its answer, or never will. */
const SUBMISSION_SETTLED_MS = 120_000;

/**
 * Which request a body without an id is about, that came for a job; null when our own submission has
 * not recorded that yet: the sender must retry. Throws when R2 does not answer.
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

/** How a request stands towards a token. */
export type Standing =
  | { standing: "unknown" }
  /** Registered or submitted by the token; no callback has come. */
  | { standing: "own"; expectation: Expectation }
  /** Expected by another token, or live without any. */
  | { standing: "foreign"; expectation: Expectation }
  /** A callback is stored, whichever token made the request. */
  | { standing: "stored"; record: CallbackRecord }
  | { standing: "deleted"; record: Tombstone };

/**
 * How a request stands towards the token with an owner tag; null is that of a job without one. Throws
 * when R2 does not answer.
 */
export async function standingOf(
  bucket: R2Bucket,
  id: RequestId,
  tag: string | null,
): Promise<Standing> {
  const [record, expectation] = await Promise.all([
    headCallback(bucket, id),
    readExpectation(bucket, id),
  ]);
  return toStanding(record, expectation, tag);
}

async function toStanding(
  record: CallbackRecord | Tombstone | null,
  expectation: Expectation | null,
  tag: string | null,
): Promise<Standing> {
  if (record?.state === "deleted") return { standing: "deleted", record };
  if (record !== null) return { standing: "stored", record };
  if (expectation === null) return { standing: "unknown" };
  const isOwn = (await ownerTagOf(expectation)) === tag;
  return { standing: isOwn ? "own" : "foreign", expectation };
}

/** The owner tag of the token that an expectation is of; null where no token made it. */
export async function ownerTagOf({
  tokenId,
  job,
}: Pick<Expectation, "tokenId" | "job">): Promise<string | null> {
  if (tokenId !== null) return ownerTag(tokenId);
  return job === null ? null : jobOwnerTag(job);
}

/** Whether a job may write for a request, and why not. */
export type JobClaim =
  | "granted"
  /** The job has another request. */
  | "bound-elsewhere"
  /** The request has a callback already, and it did not come by this job. */
  | "already-stored"
  /** Another token expects the request. */
  | "not-yours";

/**
 * Binds a job to the request that a body names, if the job may write for it. A job without a request
 * takes an id that is unknown or expected by its own token. A job that is bound keeps its request for
 * good, so that a retry after a crash between binding and storing is granted. Reads of the job redirect
 * to the request. Throws when R2 does not answer; may be repeated.
 */
export async function claimForJob(bucket: R2Bucket, job: Job, id: RequestId): Promise<JobClaim> {
  const [bound, expectation] = await Promise.all([
    boundRequest(bucket, job),
    readExpectation(bucket, id),
  ]);
  if (bound === null) {
    const record = await headCallback(bucket, id);
    const tag = jobOwnerTag(job);
    const { standing } = await toStanding(record, expectation, tag);
    if (standing === "stored") return "already-stored";
    // Of a job without a tag nobody knows the token: it takes nothing that has another job.
    const isUnproved = tag === null && (expectation?.job ?? job) !== job;
    if (standing === "foreign" || isUnproved) return "not-yours";
  }
  if ((bound ?? (await bindJob(bucket, job, id))) !== id) return "bound-elsewhere";
  // A submission of our own that is recorded has no other id under which anyone waits.
  const isRecorded = jobKind(job) === "s" && expectation?.job === job;
  if (!isRecorded) await linkJob(bucket, job, id);
  return "granted";
}

/**
 * Redirects reads of a job's id to the request that the job became. What was deleted under the
 * id of its job is deleted. Throws when R2 does not answer; may be repeated.
 */
export async function linkJob(bucket: R2Bucket, job: Job, id: RequestId): Promise<void> {
  const awaited = await jobRequestId(job);
  if (awaited === id) return;
  await linkExpectation(bucket, awaited, id);
  // After the link: a deletion that has not seen that is seen here.
  const record = await headCallback(bucket, awaited);
  if (record?.state === "deleted") await putTombstone(bucket, id, record.deletedAt, CREATE_ONLY);
}
