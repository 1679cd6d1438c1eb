import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";

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
