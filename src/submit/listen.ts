import type { Config } from "../config.ts";
import { deepgramError } from "../deepgram/error-body.ts";
import { problem, problemResponse } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { type Job, ownerTag } from "../jobs/job.ts";
import { jobRequestId } from "../jobs/job-request-id.ts";
import { log, reasonOf } from "../log.ts";
import { parseJson } from "../parse-json.ts";
import { linkExpectation, type Source } from "../store/expectations.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { acceptedRequest } from "./accepted.ts";
import { expectCallback, mint } from "./expect.ts";
import { type Forwarded, forward } from "./forward.ts";
import {
  claimSubmission,
  type Earlier,
  keepAnswer,
  releaseSubmission,
  submissionName,
} from "./idempotency.ts";
import { readBody } from "./read-body.ts";

const MAX_KEY_CHARS = 255;

type Submitting = {
  env: Env;
  config: Config;
  request: Request;
  query: URLSearchParams;
  job: Job;
  callback: string;
  /** Of the token that submits. */
  tokenId: string;
};

/**
 * `POST /v1/listen`: Deepgram's own request, with our key and a callback of its own. Once Deepgram may
 * have accepted it, no answer is one that its SDK repeats (408, 429, 5xx).
 */
export const postListen: Handler = async (c) => {
  const { config, caller } = c.var;
  const query = new URL(c.req.url).searchParams;
  const minted = await mint(config, "s", await ownerTag(caller.tokenId), Date.now());
  if (config.deepgram.apiKey === "" || minted === null) {
    throw problem(503, "Submissions are not configured here; /health says what is missing.", {
      headers: { "retry-after": "60" },
    });
  }
  if (query.has("callback")) {
    throw problem(400, "The callback is set here: leave it out, and ask for a webhook follow-up.");
  }
  const submitting = {
    env: c.env,
    config,
    request: c.req.raw,
    query,
    tokenId: caller.tokenId,
    ...minted,
  };
  const work = once(submitting, caller.name, c.req.header("idempotency-key"));
  // What Deepgram has accepted is recorded also when the client has gone.
  c.executionCtx.waitUntil(work.catch(() => {}));
  return work;
};

async function once(
  submitting: Submitting,
  caller: string,
  key: string | undefined,
): Promise<Response> {
  if (key === undefined || key === "") return (await submit(submitting)).response;
  if (key.length > MAX_KEY_CHARS) throw problem(400, "The Idempotency-Key is too long.");
  const bucket = submitting.env.TRANSCRIPTS;
  const name = await submissionName(caller, key);
  const earlier = await claimSubmission(bucket, name).catch(storageUnavailable);
  if (earlier !== "mine") return repeated(earlier);
  const { response, isRefused } = await submit(submitting).catch(async (error) => {
    await releaseSubmission(bucket, name);
    throw error;
  });
  const { status, headers } = response;
  const body = await response.text();
  const kept = isRefused
    ? releaseSubmission(bucket, name)
    : keepAnswer(bucket, name, { status, body });
  await kept.catch((error) => log("error", "idempotency.lost", { reason: reasonOf(error) }));
  return new Response(body, { status, headers });
}

function repeated(earlier: Earlier): Response {
  if (earlier.state === "running") {
    return problemResponse(409, "A submission with this Idempotency-Key is under way.", {
      headers: { "retry-after": "5" },
    });
  }
  const type = earlier.status < 400 ? "application/json" : "application/problem+json";
  return new Response(earlier.body, {
    status: earlier.status,
    headers: { "content-type": type, "idempotency-replayed": "true", "cache-control": "no-store" },
  });
}

/** `isRefused`: Deepgram has certainly not taken it. */
async function submit(submitting: Submitting): Promise<{ response: Response; isRefused: boolean }> {
  const { config, request, query, callback } = submitting;
  const { body, url } = await readBody(request);
  const submission = { query, callback, headers: request.headers, body };
  const forwarded = await forward(config.deepgram, submission);
  const source = url === null ? null : { url, query: String(query) };
  if (!forwarded.answered)
    return { response: await unanswered(submitting, source), isRefused: false };
  const { response } = forwarded;
  const answer = await response.text().catch(() => null);
  // One that breaks off, or is a gateway's, says nothing of what Deepgram has done.
  if (answer === null || !isDeepgrams(response, answer)) {
    return { response: await unanswered(submitting, source), isRefused: false };
  }
  if (!response.ok) return { response: passedOn(response, answer), isRefused: true };
  await record(submitting, source, answer, forwarded);
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
  { env, config, job, tokenId }: Submitting,
  source: Source | null,
  answer: string,
  { audioSha256 }: Extract<Forwarded, { answered: true }>,
): Promise<void> {
  const requestId = acceptedRequest(answer);
  if (requestId === null) {
    log("error", "submission.without-id", { job });
    return;
  }
  const expected = {
    requestId,
    job,
    tokenId,
    deadlineSeconds: config.callbackDeadlineSeconds,
    audioSha256: await audioSha256,
    source,
  };
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
async function unanswered(
  { env, config, job, tokenId }: Submitting,
  source: Source | null,
): Promise<Response> {
  const requestId = await jobRequestId(job);
  const expected = {
    requestId,
    job: null,
    tokenId,
    deadlineSeconds: config.callbackDeadlineSeconds,
    source,
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
