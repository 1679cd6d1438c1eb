import { type Job, jobRequestId } from "../auth/job.ts";
import type { Config } from "../config/config.ts";
import { deepgramError } from "../deepgram/error-body.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problemResponse } from "../http/problem.ts";
import { parseJson } from "../lib/bytes.ts";
import { log, reasonOf } from "../lib/log.ts";
import type { Details } from "../store/details.ts";
import { linkExpectation, type Source } from "../store/expectations.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { expectCallback } from "./expect.ts";
import { acceptedRequest, type Forwarded, forward } from "./forward.ts";

export type Submitting = {
  env: Env;
  config: Config;
  headers: Headers;
  query: URLSearchParams;
  body: ReadableStream<Uint8Array> | string | null;
  /** What can be submitted again; null of audio that streams through. */
  source: Source | null;
  job: Job;
  callback: string;
  /** Of the token that submits. */
  tokenId: string;
  details: Details;
};

/** `isRefused`: Deepgram has certainly not taken it. */
export type Submitted = { response: Response; isRefused: boolean };

export async function submit(
  submitting: Submitting,
  beforeLastPart?: (audioSha256: string) => Promise<void>,
): Promise<Submitted> {
  const { config, query, callback, headers, body } = submitting;
  const submission = { query, callback, headers, body, ...(beforeLastPart && { beforeLastPart }) };
  const forwarded = await forward(config.deepgram, submission);
  if (!forwarded.answered) return { response: await unanswered(submitting), isRefused: false };
  const { response } = forwarded;
  const answer = await response.text().catch(() => null);
  // An answer that breaks off, or is a gateway's, does not say what Deepgram has done.
  if (answer === null || !isDeepgrams(response, answer)) {
    return { response: await unanswered(submitting), isRefused: false };
  }
  if (!response.ok) return { response: passedOn(response, answer), isRefused: true };
  await record(submitting, answer, forwarded);
  return { response: passedOn(response, answer), isRefused: false };
}

/** Whether an answer is Deepgram's own word on the submission, not that of something on the way. */
function isDeepgrams({ status }: Response, answer: string): boolean {
  if (status < 500 && status !== 408) return true;
  const { code, message } = deepgramError(parseJson(answer));
  return code !== null || message !== null;
}

/** Keeps what Deepgram has accepted. It stays accepted, whether or not that can be kept. */
async function record(
  submitting: Submitting,
  answer: string,
  { audioSha256 }: Extract<Forwarded, { answered: true }>,
): Promise<void> {
  const requestId = acceptedRequest(answer);
  if (requestId === null) log("error", "submission.without-id", { job: submitting.job });
  else await recordExpected(submitting, requestId, await audioSha256);
}

/** Expects the callback of a job's request. A failure is logged, not thrown. */
export async function recordExpected(
  { env, config, job, source, tokenId, details }: Submitting,
  requestId: RequestId,
  audioSha256: string | null,
): Promise<void> {
  const { callbackDeadlineSeconds: deadlineSeconds } = config;
  const expected = { requestId, job, tokenId, deadlineSeconds, audioSha256, source, details };
  try {
    await bindJob(env.TRANSCRIPTS, job, requestId);
    await expectCallback(env, expected, Date.now());
    log("info", "submission", { request_id: requestId, job });
  } catch (error) {
    log("error", "submission.unrecorded", { request_id: requestId, reason: reasonOf(error) });
  }
}

/**
 * Deepgram may have accepted it. Should its callback come, the job leads to it; where it has come
 * already, the answer is the one that was lost.
 */
export async function unanswered({
  env,
  config,
  job,
  source,
  tokenId,
  details,
}: Submitting): Promise<Response> {
  const requestId = await jobRequestId(job);
  const expected = {
    requestId,
    job: null,
    tokenId,
    deadlineSeconds: config.callbackDeadlineSeconds,
    source,
    details,
  };
  log("warn", "submission.unanswered", { job });
  try {
    await expectCallback(env, expected, Date.now());
    // What came before this found nobody to lead to it.
    const known = await boundRequest(env.TRANSCRIPTS, job);
    if (known !== null) {
      await linkExpectation(env.TRANSCRIPTS, requestId, known);
      return Response.json({ request_id: known }, { headers: { "cache-control": "no-store" } });
    }
  } catch (error) {
    log("error", "submission.unrecorded", { job, reason: reasonOf(error) });
  }
  return problemResponse(
    424,
    "deepgram_unanswered",
    "Deepgram did not answer: whether it accepted the audio is not known. Look at the status of this request_id before you submit it again.",
    { members: { request_id: requestId, job } },
  );
}

function passedOn({ status, headers }: Response, body: ReadableStream | string | null): Response {
  const passed = new Headers({ "cache-control": "no-store" });
  for (const name of ["content-type", "dg-request-id", "dg-error", "retry-after"]) {
    const value = headers.get(name);
    if (value !== null) passed.set(name, value);
  }
  return new Response(body, { status, headers: passed });
}
