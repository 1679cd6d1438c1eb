import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { CREATE_ONLY } from "../store/bucket.ts";
import { headCallback } from "../store/callbacks.ts";
import { putTombstone } from "../store/erase.ts";
import { type Expectation, linkExpectation, readExpectation } from "../store/expectations.ts";
import type { CallbackRecord, Tombstone } from "../store/record.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";

/** The name of one submission. Letters, digits and hyphens: Deepgram fails on others in a URL. */
export type Job = string;

/** A job that was created before the id of its request was known begins with `x`. */
export type JobKind = "s" | "x";

/** Deepgram takes hours over long audio, then tries for five minutes: the credential outlives both. */
export const JOB_VALID_SECONDS = 259_200;
const RANDOM_BYTES = 10;
const OWNER_TAG_DIGITS = 16;
// Without an owner tag: a job made before jobs recorded their token. None is valid for long.
const JOB = /^([sx])-[0-9a-f]{20}(?:-([0-9a-f]{16}))?-([0-9a-z]{1,9})$/;

const encoder = new TextEncoder();

/**
 * Makes a new job; its name tells when its credential ends (`now` in milliseconds) and carries the
 * owner tag of the token that made it (see `ownerTag`). Its code signs all of that, so that no read of
 * R2 is needed to know whose a callback is.
 */
export function newJob(kind: JobKind, now: number, tag: string | null = null): Job {
  const random = hex(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).buffer);
  const owner = tag === null ? "" : `-${tag}`;
  return `${kind}-${random}${owner}-${(Math.floor(now / 1_000) + JOB_VALID_SECONDS).toString(36)}`;
}

/**
 * A token's mark in the names of its jobs: 16 hexadecimal digits. Deepgram's logs show them, so the
 * name and creation time of the token are not in clear.
 */
export async function ownerTag(tokenId: string): Promise<string> {
  return hex(await sha256(`owner ${tokenId}`)).slice(0, OWNER_TAG_DIGITS);
}

/** The owner tag in the name of a job, or null where it has none. */
export const jobOwnerTag = (job: Job): string | null => JOB.exec(job)?.[2] ?? null;

/** When the credential of a job ends, in milliseconds; 0 for what is no job. */
export const jobEndsAt = (job: Job): number =>
  Number.parseInt(JOB.exec(job)?.[3] ?? "0", 36) * 1_000;

/** What kind of job a text names, or null when it names none. */
export function jobKind(text: string): JobKind | null {
  return (JOB.exec(text)?.[1] as JobKind | undefined) ?? null;
}

/** When a job was made, in milliseconds. */
export const jobMintedAt = (job: Job): number => jobEndsAt(job) - JOB_VALID_SECONDS * 1_000;

/** The password of a job: its HMAC, 64 hexadecimal digits. Only who has the key can make it. */
export async function jobCode(job: Job, signingKey: string): Promise<string> {
  return hex(await signature(job, signingKey));
}

/**
 * Whether `code` is that of the job under one of the keys, and its time is not over. Every key is
 * tried, and none is left early, so that the time tells nothing.
 */
export async function verifyJob(
  job: Job,
  code: string,
  signingKeys: readonly string[],
  now: number,
): Promise<boolean> {
  if (jobKind(job) === null) return false;
  const presented = await digest(code);
  const codes = await Promise.all(signingKeys.map((key) => jobCode(job, key)));
  const digests = await Promise.all(codes.map(digest));
  const matches = digests.map((known) => crypto.subtle.timingSafeEqual(presented, known));
  return matches.includes(true) && jobEndsAt(job) > now;
}

/** Where Deepgram is to call back, credential and all: `https://JOB:CODE@HOST/hook/JOB`. */
export async function callbackUrl(
  publicUrl: string,
  job: Job,
  signingKey: string,
): Promise<string> {
  const url = new URL(`${publicUrl}/hook/${job}`);
  url.username = job;
  url.password = await jobCode(job, signingKey);
  return url.href;
}

async function signature(job: Job, signingKey: string): Promise<ArrayBuffer> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(signingKey), algorithm, false, [
    "sign",
  ]);
  return crypto.subtle.sign("HMAC", key, encoder.encode(`callback ${job}`));
}

const digest = (text: string) => crypto.subtle.digest("SHA-256", encoder.encode(text));

/**
 * The id under which a job is known as long as Deepgram's own is not: a UUID of version 8 (RFC 9562,
 * section 5.8) made of the job's name.
 */
export async function jobRequestId(job: Job): Promise<RequestId> {
  const digits = hex(await sha256(`job ${job}`));
  const [time, mid, rest, clock, node] = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(13, 16),
    digits.slice(17, 20),
    digits.slice(20, 32),
  ];
  return requestId.parse(`${time}-${mid}-8${rest}-8${clock}-${node}`);
}

/** Whether an id may be that of a job; Deepgram's own have been of other versions so far. */
export const mayBeOfJob = (id: RequestId): boolean => id[14] === "8";

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
type Standing =
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
