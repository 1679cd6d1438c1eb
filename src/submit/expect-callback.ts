import { callbackUrl, type Job, type JobKind, newJob } from "../auth/job-credentials.ts";
import { catalogueExpectation } from "../catalogue/expectations.ts";
import type { Config } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import { handOver, MAX_DELAY_SECONDS } from "../queue/messages.ts";
import { type Details, NO_DETAILS } from "../store/details.ts";
import { createExpectation, type Source } from "../store/expectations.ts";

/**
 * Makes a job for the token with an owner tag, and the URL by which Deepgram calls back for it. Null
 * without a signing key.
 */
export async function createCallbackUrl(
  config: Config,
  kind: JobKind,
  tag: string | null,
  now: number,
): Promise<{ job: Job; callback: string } | null> {
  const job = newJob(kind, now, tag);
  const callback = await callbackOf(config, job);
  return callback === null ? null : { job, callback };
}

/** The URL by which Deepgram calls back for a job. Null without a signing key. */
export async function callbackOf({ signingKeys, publicUrl }: Config, job: Job) {
  const [key] = signingKeys;
  return key === undefined || publicUrl === "" ? null : callbackUrl(publicUrl, job, key);
}

/** What is known of a submission when it is made. */
export type Expected = {
  requestId: RequestId;
  job: Job | null;
  /** Of the token that submits or registers it. */
  tokenId: string | null;
  deadlineSeconds: number;
  audioSha256?: string | null;
  predecessor?: RequestId | null;
  source?: Source | null;
  details?: Details;
};

/**
 * Records that a callback is expected, and has the queue check its deadline. False when it was expected
 * already, by any token. Throws when it could not be stored; repeating it is harmless.
 */
export async function expectCallback(env: Env, expected: Expected, now: number): Promise<boolean> {
  const { requestId, job, tokenId, deadlineSeconds, audioSha256, predecessor, source } = expected;
  const { details = NO_DETAILS } = expected;
  const bucket = env.TRANSCRIPTS;
  // First the alarm: without it, what is expected would be expected for ever.
  await watch(env, requestId, deadlineSeconds);
  const deadlineAt = new Date(now + deadlineSeconds * 1_000).toISOString();
  const expectation = {
    requestId,
    state: "expected",
    expectedAt: new Date(now).toISOString(),
    deadlineAt,
    job,
    tokenId,
    audioSha256: audioSha256 ?? null,
    predecessor: predecessor ?? null,
  } as const;
  const isNew = await createExpectation(bucket, expectation, { source: source ?? null, details });
  if (isNew) {
    // A catalogue that is away holds nothing up; at the deadline it is written again.
    await catalogueExpectation(env.CATALOGUE, { ...expectation, details }).catch((error) =>
      log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),
    );
  }
  return isNew;
}

/** Has the queue look for a callback after a time. */
export async function watch(env: Env, requestId: RequestId, seconds: number): Promise<void> {
  const message = { type: "deadline", request_id: requestId } as const;
  const delaySeconds = Math.min(Math.ceil(seconds), MAX_DELAY_SECONDS);
  await handOver(env, message, { delaySeconds });
}
