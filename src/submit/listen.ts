import * as z from "zod";
import type { ZodOpenApiResponseObject } from "zod-openapi";
import { type Job, ownerTag } from "../auth/job.ts";
import { jobRequestId } from "../auth/job-request-id.ts";
import type { Config } from "../config/config.ts";
import { deepgramError } from "../deepgram/error-body.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { recording, refusal, submitted } from "../deepgram/schemas.ts";
import {
  GUARD_ANSWERS,
  json,
  one,
  problemAnswer,
  problemExample,
  problemSchema,
  unavailable,
} from "../http/describe/answers.ts";
import { type HeaderName, optionalHeaders } from "../http/describe/headers.ts";
import { type Describe, described } from "../http/describe/operation.ts";
import { problem, problemResponse, storageUnavailable } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { parseJson } from "../lib/bytes.ts";
import { hex } from "../lib/digest.ts";
import { log, reasonOf } from "../lib/log.ts";
import { type Details, detailsIn } from "../store/details.ts";
import { linkExpectation, type Source } from "../store/expectations.ts";
import {
  type Claim,
  claimSubmission,
  recordAudioSent,
  releaseSubmission,
  requestFingerprint,
  storeAnswer,
  submissionName,
} from "../store/idempotency.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { createCallbackUrl, expectCallback } from "./expect.ts";
import { acceptedRequest, type Forwarded, forward } from "./forward.ts";

const MAX_KEY_CHARS = 255;

type Submitting = {
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

/**
 * `POST /v1/listen`: Deepgram's own request, with our key and a callback of its own. Once Deepgram may
 * have accepted it, no answer is one that its SDK repeats (408, 429, 5xx).
 */
export const postListen: Handler = async (c) => {
  const { config, caller } = c.var;
  const query = new URL(c.req.url).searchParams;
  const created = await createCallbackUrl(config, "s", await ownerTag(caller.tokenId), Date.now());
  if (config.deepgram.apiKey === "" || created === null) {
    throw problem(
      503,
      "not_configured",
      "Submissions are not configured here; /health says what is missing.",
      {
        headers: { "retry-after": "60" },
      },
    );
  }
  if ([...query.keys()].some(isCallback)) {
    throw problem(
      400,
      "invalid_parameter",
      "The callback is set here: leave it out, and ask for a webhook follow-up.",
    );
  }
  const request = c.req.raw;
  const { body, url } = await readBody(request);
  const source = url === null ? null : { url, query: String(query) };
  const { headers } = request;
  const { tokenId } = caller;
  const details = detailsIn(query);
  const submitting = {
    ...{ env: c.env, config, headers, query, body, source, tokenId, details },
    ...created,
  };
  const key = c.req.header("idempotency-key") ?? "";
  const work = key === "" ? submit(submitting) : once(submitting, request, tokenId, key);
  // What Deepgram has accepted is recorded also when the client has gone.
  c.executionCtx.waitUntil(work.catch(() => {}));
  return (await work).response;
};

/** Whether Deepgram might take a parameter for the address of the callback, as `callback[]` is. */
const isCallback = (key: string): boolean => /^\s*callback/i.test(key) && key !== "callback_method";

/** `isRefused`: Deepgram has certainly not taken it. */
type Submitted = { response: Response; isRefused: boolean };

/** Submits under an `Idempotency-Key` of one token, or answers as the submission under it was answered. */
async function once(
  submitting: Submitting,
  request: Request,
  tokenId: string,
  key: string,
): Promise<Submitted> {
  if (key.length > MAX_KEY_CHARS)
    throw problem(400, "invalid_idempotency_key", "The Idempotency-Key is too long.");
  const { env, body, job } = submitting;
  const bucket = env.TRANSCRIPTS;
  const name = await submissionName(tokenId, key);
  const json = typeof body === "string" ? body : null;
  const own = {
    job,
    request: await requestFingerprint(request, json),
    hasAudio: body instanceof ReadableStream,
  };
  const claim = await claimSubmission(bucket, name, own, Date.now()).catch(storageUnavailable);
  if (claim.state !== "mine") {
    return { response: await repeated(submitting, claim), isRefused: false };
  }
  let audioSha256: string | null = null;
  const beforeLastPart = async (digest: string) => {
    await recordAudioSent(bucket, name, job, digest);
    audioSha256 = digest;
  };
  const { response, isRefused } = await submit(submitting, beforeLastPart).catch(async (error) => {
    await releaseSubmission(bucket, name);
    throw error;
  });
  const { status, headers } = response;
  const answer = await response.text();
  const kept = isRefused
    ? releaseSubmission(bucket, name)
    : storeAnswer(bucket, name, { status, body: answer, audioSha256 });
  await kept.catch((error) => log("error", "idempotency.lost", { reason: reasonOf(error) }));
  return { response: new Response(answer, { status, headers }), isRefused };
}

/** The answer to a request whose key was used before. Nothing is submitted. */
async function repeated(
  submitting: Submitting,
  claim: Exclude<Claim, { state: "mine" }>,
): Promise<Response> {
  if (claim.state === "running") {
    return problemResponse(
      409,
      "submission_in_progress",
      "A submission with this Idempotency-Key is under way.",
      {
        headers: { "retry-after": "5" },
      },
    );
  }
  if (claim.state === "other-request" || !(await isSameAudio(submitting.body, claim.audioSha256))) {
    return problemResponse(
      422,
      "idempotency_key_reused",
      "This Idempotency-Key was used with another request: take a new one.",
    );
  }
  if (claim.state === "abandoned") return abandoned(submitting, claim);
  const type = claim.status < 400 ? "application/json" : "application/problem+json";
  return new Response(claim.body, {
    status: claim.status,
    headers: { "content-type": type, "idempotency-replayed": "true", "cache-control": "no-store" },
  });
}

/** Audio is known once it has streamed through; what is not known to differ is taken for the same. */
async function isSameAudio(body: Submitting["body"], audioSha256: string | null): Promise<boolean> {
  if (audioSha256 === null || !(body instanceof ReadableStream)) return true;
  const digest = new crypto.DigestStream("SHA-256");
  await body.pipeTo(digest);
  return hex(await digest.digest) === audioSha256;
}

/** Answers for a Worker that died: with the id of its job, or as for an answer that was lost. */
async function abandoned(
  submitting: Submitting,
  { job, requestId, audioSha256 }: Extract<Claim, { state: "abandoned" }>,
): Promise<Response> {
  const own = { ...submitting, job };
  if (requestId === null) return unanswered(own);
  await recordExpected(own, requestId, audioSha256);
  return Response.json(
    { request_id: requestId },
    { headers: { "idempotency-replayed": "true", "cache-control": "no-store" } },
  );
}

async function submit(
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
async function recordExpected(
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
async function unanswered({
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

export const listenRoute: Route = {
  method: "POST",
  path: "/v1/listen",
  scope: "submit",
  query: "any",
  handle: postListen,
};

export const listenOperation: Describe = ({ requestId, job }) => ({
  route: listenRoute,
  tag: "Submitting",
  operationId: "submitAudio",
  summary: "Submit audio to Deepgram",
  description: `Deepgram's own request: query and body go to Deepgram as they come, with our key and a callback that is good for this one submission. \`@deepgram/sdk\` needs nothing but another base URL. Under the \`request_id\` of the answer the transcript is expected from then on, and overdue after \`CALLBACK_DEADLINE_SECONDS\`.

Deepgram's refusals are passed on unchanged, whatever their status. Once Deepgram may have accepted the audio, no answer is one that its SDK repeats by itself (408, 429, 5xx).

An \`Idempotency-Key\` holds for a day and for the token that used it. The same request under it is answered as the first time, and another one with 422; audio is compared by its SHA-256 once it has been sent. After 15 minutes the key of a submission that was never answered is answered with its \`request_id\`, or is free again where Deepgram cannot have had all of the audio.`,
  parameters: [
    {
      name: "parameters",
      in: "query",
      description:
        "Deepgram's own, each under its name: all but `callback`. In `extra`, `translate`, `notify_webhook`, `notify_email` and `notify_sms` ask for follow-ups, each a list separated by commas; with `follow_ups:none` nothing else follows. `title` and `audio_url` are shown on the page of the transcript.",
      schema: { type: "object", additionalProperties: true },
      example: { model: "nova-3", smart_format: true, extra: "translate:es" },
    },
  ],
  headers: {
    "Idempotency-Key": described(
      z.string().max(MAX_KEY_CHARS).optional(),
      "A text of your own for one submission: sent again under it within a day, nothing is submitted, and the answer is that of the first time. Where Deepgram refused, the key is free again.",
      "order-42",
    ),
  },
  requestBody: {
    description: "Where the audio is, as JSON; or, of any other content type, the audio itself.",
    required: true,
    content: {
      "application/json": {
        schema: recording,
        examples: one({ url: "https://recordings.example/42.wav" }),
      },
      "*/*": { schema: {} },
    },
  },
  responses: {
    200: json(submitted, "Deepgram has accepted it.", {
      headers: ["dg-request-id", "Idempotency-Replayed"],
      examples: one({ request_id: requestId }),
    }),
    400: orRefusal(
      problemAnswer(
        "A parameter of the query begins with `callback` in upper or lower case (`callback_method` may), or the `Idempotency-Key` is longer than 255 characters.",
        [
          problemExample(
            400,
            "invalid_parameter",
            "The callback is set here: leave it out, and ask for a webhook follow-up.",
          ),
          problemExample(400, "invalid_idempotency_key", "The Idempotency-Key is too long."),
        ],
      ),
    ),
    401: orRefusal(GUARD_ANSWERS.Unauthorized),
    403: orRefusal(GUARD_ANSWERS.Forbidden),
    409: orRefusal(
      problemAnswer(
        "What was sent under this `Idempotency-Key` is still being submitted.",
        [
          problemExample(
            409,
            "submission_in_progress",
            "A submission with this Idempotency-Key is under way.",
          ),
        ],
        { headers: ["Retry-After"] },
      ),
    ),
    422: orRefusal(
      problemAnswer(
        "The `Idempotency-Key` was used with another request: another query, content type, length or body.",
        [
          problemExample(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key was used with another request: take a new one.",
          ),
        ],
      ),
    ),
    424: orRefusal(
      problemAnswer(
        "Deepgram did not answer, and may have accepted the audio: it is expected under the `request_id` of the answer.",
        [
          problemExample(
            424,
            "deepgram_unanswered",
            "Deepgram did not answer: whether it accepted the audio is not known. Look at the status of this request_id before you submit it again.",
            { request_id: requestId, job },
          ),
        ],
        { schema: unansweredProblem(), headers: ["Idempotency-Replayed"] },
      ),
    ),
    429: orRefusal(GUARD_ANSWERS.TooManyRequests),
    500: orRefusal(GUARD_ANSWERS.Unexpected),
    503: orRefusal(
      unavailable(
        "The storage does not answer, no API tokens are configured, or what a submission needs is not: `DEEPGRAM_API_KEY`, `SIGNING_KEYS` and `PUBLIC_URL`.",
        "Submissions are not configured here; /health says what is missing.",
      ),
    ),
    default: {
      ...json(refusal, "Deepgram's refusal of any other status, unchanged.", {
        examples: one({
          err_code: "ASR_PAYMENT_REQUIRED",
          err_msg: "The project has no credits left.",
          request_id: requestId,
        }),
      }),
      headers: optionalHeaders(forwardedHeaders()),
    },
  },
});

const forwardedHeaders = (): HeaderName[] => ["dg-request-id", "dg-error", "Retry-After"];

/** An answer of ours whose status Deepgram's refusal may have too; the content type tells them apart. */
const orRefusal = (ours: ZodOpenApiResponseObject): ZodOpenApiResponseObject => ({
  description: `${ours.description} Or Deepgram's refusal, unchanged.`,
  headers: optionalHeaders([
    ...(Object.keys(ours.headers ?? {}) as HeaderName[]),
    ...forwardedHeaders(),
  ]),
  content: { ...ours.content, "application/json": { schema: refusal } },
});

/** Nobody knows whether Deepgram has accepted the submission. */
const unansweredProblem = () =>
  problemSchema
    .extend({
      request_id: z.string().describe("Should its callback come, this leads to it."),
      job: z.string(),
    })
    .meta({ id: "UnansweredProblem" });

const remote = z.object({ url: z.string() });

/** A `{"url":…}` is no longer than this; what is, is passed on as audio would be. */
const MAX_JSON_BYTES = 65_536;

/** The body of a submission, and where its audio is when it says so. */
async function readBody(
  request: Request,
): Promise<{ body: ReadableStream<Uint8Array> | string | null; url: string | null }> {
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  const isJson = /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
  if (!isJson || !(length <= MAX_JSON_BYTES)) return { body: request.body, url: null };
  const body = await request.text();
  return { body, url: remote.safeParse(parseJson(body)).data?.url ?? null };
}
