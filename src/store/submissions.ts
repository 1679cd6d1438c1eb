import * as z from "zod";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { type Condition, CREATE_ONLY, conditionalPut, removeOld } from "./bucket.ts";
import {
  IDEMPOTENCY_PREFIX,
  idempotencyKey,
  personResubmissionKey,
  resubmissionKey,
  submissionKey,
} from "./keys.ts";

const metadata = z.object({ request_id: requestId });

/** Records for good which request a job became. The first record holds; it is returned. */
export async function bindJob(bucket: R2Bucket, job: string, id: RequestId): Promise<RequestId> {
  const key = submissionKey(job);
  const options = { onlyIf: CREATE_ONLY, customMetadata: { request_id: id } };
  const bound = await conditionalPut(bucket, key, CREATE_ONLY, () => bucket.put(key, "", options));
  return bound === null ? ((await boundRequest(bucket, job)) ?? id) : id;
}

/** The request that a job became, or null as long as that is not known. */
export async function boundRequest(bucket: R2Bucket, job: string): Promise<RequestId | null> {
  const object = await bucket.head(submissionKey(job));
  return object && metadata.parse(object.customMetadata).request_id;
}

/** Who submits an overdue request again: the deadline check, or a person. Each may do it once. */
export type Resubmitter = "deadline" | "person";

/** The claim of one resubmission: the job that it was made for, and when. */
type ResubmissionClaim = { job: string | null; claimedAt: Date };

const keyOf = (id: RequestId, by: Resubmitter): string =>
  by === "person" ? personResubmissionKey(id) : resubmissionKey(id);

/** Claims the one resubmission of a request; false when it was claimed before. Throws when R2 refuses. */
export async function claimResubmission(
  bucket: R2Bucket,
  id: RequestId,
  by: Resubmitter,
  job: string,
): Promise<boolean> {
  const key = keyOf(id, by);
  const claim = { onlyIf: CREATE_ONLY, customMetadata: { job } };
  const put = () => bucket.put(key, "", claim);
  return (await conditionalPut(bucket, key, CREATE_ONLY, put)) !== null;
}

/** The claim of a resubmission, or null. */
export async function readResubmissionClaim(
  bucket: R2Bucket,
  id: RequestId,
  by: Resubmitter,
): Promise<ResubmissionClaim | null> {
  const object = await bucket.head(keyOf(id, by));
  return object && { job: object.customMetadata?.job ?? null, claimedAt: object.uploaded };
}

/** Gives a claim back: Deepgram has certainly not accepted the submission. */
export async function releaseResubmission(
  bucket: R2Bucket,
  id: RequestId,
  by: Resubmitter,
): Promise<void> {
  await bucket.delete(keyOf(id, by));
}

/** What was found under an `Idempotency-Key`. */
export type Claim =
  /** The key is ours: submit. */
  | { state: "mine" }
  /** Another submission holds it, and its Worker may be alive. */
  | { state: "running" }
  /** The key was used with another path, query, content type, length or JSON body. */
  | { state: "other-request" }
  /** `audioSha256`: of the audio that was sent; null where none was, or not all of it. */
  | { state: "answered"; status: number; body: string; audioSha256: string | null }
  /**
   * Its Worker died, and Deepgram may have accepted the submission. `requestId`: what the job became,
   * if that is known.
   */
  | { state: "abandoned"; job: string; requestId: RequestId | null; audioSha256: string | null };

const claimMetadata = z.object({
  job: z.string().optional(),
  request: z.string().optional(),
  has_audio: z.literal("true").optional(),
});

const answerMetadata = z.object({
  status: z.coerce.number(),
  audio_sha256: z.string().optional(),
});

/** A key holds for a day. */
const MAX_AGE_MS = 86_400_000;

/**
 * By then a Worker has answered or died: a submission is given up after ten minutes
 * (`ANSWER_TIMEOUT_MS`), and what it records takes seconds.
 */
const TAKEOVER_MS = 900_000;

/** The name of a caller's key. `caller` is a `tokenId`: keys of one token are not those of another. */
export const submissionName = async (caller: string, key: string): Promise<string> =>
  hex(await sha256(`${caller} ${key}`));

/**
 * Tells one request from another before its body has streamed through: SHA-256 of path, query, content
 * type, length and, of a JSON body held in memory, its digest.
 */
export async function requestFingerprint(request: Request, json: string | null): Promise<string> {
  const { pathname, search } = new URL(request.url);
  const { headers } = request;
  const digest = json === null ? null : hex(await sha256(json));
  const parts = [pathname, search, headers.get("content-type"), headers.get("content-length")];
  return hex(await sha256(JSON.stringify([...parts, digest])));
}

/**
 * Takes a key for one submission, or says what became of it before. A claim whose Worker died is taken
 * over where Deepgram cannot have accepted its audio: the last part of it was not sent. Throws when R2
 * does not answer.
 */
export async function claimSubmission(
  bucket: R2Bucket,
  name: string,
  { job, request, hasAudio }: { job: string; request: string; hasAudio: boolean },
  now: number,
): Promise<Claim> {
  const key = idempotencyKey(name);
  // The job in the content makes the etag one of its own.
  const customMetadata = { job, request, ...(hasAudio && { has_audio: "true" }) };
  const claim = (onlyIf: Condition) =>
    conditionalPut(bucket, `${key}/claim`, onlyIf, () =>
      bucket.put(`${key}/claim`, job, { onlyIf, customMetadata }),
    );
  if ((await claim(CREATE_ONLY)) !== null) return { state: "mine" };
  const [earlier, answer] = await Promise.all([
    bucket.head(`${key}/claim`),
    bucket.get(`${key}/answer`),
  ]);
  // Released in between: the client asks again.
  if (earlier === null) return { state: "running" };
  const known = claimMetadata.parse(earlier.customMetadata ?? {});
  if ((known.request ?? request) !== request) return { state: "other-request" };
  if (answer !== null) {
    const { status, audio_sha256 } = answerMetadata.parse(answer.customMetadata);
    const body = await answer.text();
    return { state: "answered", status, body, audioSha256: audio_sha256 ?? null };
  }
  if (now - earlier.uploaded.getTime() < TAKEOVER_MS) return { state: "running" };
  const [sent, requestId] =
    known.job === undefined
      ? [null, null]
      : await Promise.all([bucket.head(sentKey(name, known.job)), boundRequest(bucket, known.job)]);
  const mayBeAccepted = sent !== null || requestId !== null || known.has_audio === undefined;
  if (known.job !== undefined && mayBeAccepted) {
    const audioSha256 = sent?.customMetadata?.audio_sha256 ?? null;
    return { state: "abandoned", job: known.job, requestId, audioSha256 };
  }
  const isTaken = (await claim({ etagMatches: earlier.etag })) !== null;
  return { state: isTaken ? "mine" : "running" };
}

const sentKey = (name: string, job: string) => `${idempotencyKey(name)}/sent/${job}`;

/** Records that the last part of the audio goes out now: from here on Deepgram may accept it. */
export async function recordAudioSent(
  bucket: R2Bucket,
  name: string,
  job: string,
  audioSha256: string,
): Promise<void> {
  await bucket.put(sentKey(name, job), "", { customMetadata: { audio_sha256: audioSha256 } });
}

/** Stores the answer for repetitions of the request. */
export async function storeAnswer(
  bucket: R2Bucket,
  name: string,
  { status, body, audioSha256 }: { status: number; body: string; audioSha256: string | null },
): Promise<void> {
  await bucket.put(`${idempotencyKey(name)}/answer`, body, {
    customMetadata: {
      status: String(status),
      ...(audioSha256 !== null && { audio_sha256: audioSha256 }),
    },
  });
}

/** Gives a key back under which nothing was submitted. */
export async function releaseSubmission(bucket: R2Bucket, name: string): Promise<void> {
  await bucket.delete(`${idempotencyKey(name)}/claim`);
}

/** Removes keys that are older than a day; gives the number of objects. */
export function cleanIdempotency(bucket: R2Bucket, now: number): Promise<number> {
  return removeOld(bucket, IDEMPOTENCY_PREFIX, MAX_AGE_MS, now);
}
