import * as z from "zod";
import { type Job, jobRequestId } from "../auth/job-credentials.ts";
import type { Config } from "../config/config.ts";
import { deepgramError } from "../deepgram/callback.ts";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { problemResponse } from "../http/problem.ts";
import { parseJson } from "../lib/bytes.ts";
import { hex } from "../lib/digest.ts";
import { log, reasonOf } from "../lib/log.ts";
import type { Details } from "../store/details.ts";
import { linkExpectation, type Source } from "../store/expectations.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { expectCallback } from "./expect-callback.ts";

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

/** What Deepgram answered, or that nobody knows whether it has taken the audio. */
type Forwarded =
  | {
      answered: true;
      response: Response;
      /** Of the audio, once all of it was sent; null when Deepgram did not take all of it. */
      audioSha256: Promise<string | null>;
    }
  | { answered: false };

type Submission = {
  query: URLSearchParams;
  callback: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | string | null;
  /**
   * Called with the SHA-256 of streamed audio before its last part is sent. Until it resolves Deepgram
   * cannot have accepted the audio; when it rejects, the submission is broken off.
   */
  beforeLastPart?: (audioSha256: string) => Promise<void>;
};

/** Deepgram answers a submission with a callback once it has all of the audio. */
export const ANSWER_TIMEOUT_MS = 600_000;

/**
 * Sends a submission to Deepgram's `/v1/listen` with our key and callback. Audio streams through, of
 * the length that was announced, and is digested on its way.
 */
export async function forward(
  { url, apiKey }: Config["deepgram"],
  { query, callback, headers, body, beforeLastPart }: Submission,
): Promise<Forwarded> {
  const listen = new URL(`${url}/v1/listen`);
  listen.search = new URLSearchParams([...query, ["callback", callback]]).toString();
  const audio = body instanceof ReadableStream ? digested(body, headers, beforeLastPart) : null;
  try {
    const response = await fetch(listen, {
      method: "POST",
      headers: forwardedHeaders(headers, apiKey),
      body: audio?.readable ?? (body as string | null),
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { answered: true, response, audioSha256: audio?.sha256 ?? Promise.resolve(null) };
  } catch {
    return { answered: false };
  }
}

function forwardedHeaders(headers: Headers, apiKey: string): Headers {
  const sent = new Headers({ authorization: `Token ${apiKey}` });
  for (const name of ["content-type", "user-agent"]) {
    const value = headers.get(name);
    if (value !== null) sent.set(name, value);
  }
  return sent;
}

function digested(
  body: ReadableStream<Uint8Array>,
  headers: Headers,
  beforeLastPart: Submission["beforeLastPart"],
) {
  const length = headers.get("content-length");
  // A length that is known stays known only through this one.
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  return { readable, sha256: pump(body, writable, beforeLastPart).catch(() => null) };
}

async function pump(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  beforeLastPart: Submission["beforeLastPart"],
): Promise<string> {
  const digest = new crypto.DigestStream("SHA-256");
  const [digesting, writer] = [digest.getWriter(), writable.getWriter()];
  // Who writes learns of a failure by writing; it must not count as unhandled besides.
  for (const { closed } of [digesting, writer]) closed.catch(() => {});
  try {
    let last: Uint8Array | null = null;
    for await (const chunk of body) {
      if (last !== null) await writer.write(last);
      await digesting.write(chunk);
      last = chunk;
    }
    await digesting.close();
    await beforeLastPart?.(hex(await digest.digest));
    if (last !== null) await writer.write(last);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
  return hex(await digest.digest);
}

const accepted = z.object({ request_id: requestId });

/** The id in Deepgram's answer to a submission with a callback; null when it has none. */
export const acceptedRequest = (answer: string): RequestId | null =>
  accepted.safeParse(parseJson(answer)).data?.request_id ?? null;
