import * as z from "zod";
import type { ZodOpenApiResponseObject } from "zod-openapi";
import { ownerTag } from "../auth/job-credentials.ts";
import { recording, refusal, submitted } from "../deepgram/schemas.ts";
import {
  GUARD_ANSWERS,
  type HeaderName,
  json,
  one,
  optionalHeaders,
  problemAnswer,
  problemExample,
  problemSchema,
  unavailable,
} from "../http/describe/answers.ts";
import { type Describe, described } from "../http/describe/operation.ts";
import { problem } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { parseJson, readLimited } from "../lib/bytes.ts";
import { detailsIn } from "../store/details.ts";
import { createCallbackUrl } from "./expect-callback.ts";
import { MAX_KEY_CHARS, submitOnce } from "./idempotent-submission.ts";
import { submit } from "./submission.ts";

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
  const work = key === "" ? submit(submitting) : submitOnce(submitting, request, tokenId, key);
  // What Deepgram has accepted is recorded also when the client has gone.
  c.executionCtx.waitUntil(work.catch(() => {}));
  return (await work).response;
};

/** Whether Deepgram might take a parameter for the address of the callback, as `callback[]` is. */
const isCallback = (key: string): boolean => /^\s*callback/i.test(key) && key !== "callback_method";

export const listenRoute: Route = {
  method: "POST",
  path: "/v1/listen",
  scope: "submit",
  query: "any",
  handle: postListen,
};

const remote = z.object({ url: z.string() });

/** A `{"url":…}` is no longer than this; what is, is passed on as audio would be. */
const MAX_JSON_BYTES = 65_536;

/** The body of a submission, and where its audio is when it says so. A body need not tell its length. */
async function readBody(
  request: Request,
): Promise<{ body: ReadableStream<Uint8Array> | string | null; url: string | null }> {
  const length = Number(request.headers.get("content-length") ?? 0);
  const isJson = /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
  if (!isJson || request.body === null || !(length <= MAX_JSON_BYTES)) {
    return { body: request.body, url: null };
  }
  const [start, whole] = request.body.tee();
  const text = await readLimited(start, MAX_JSON_BYTES);
  if (text === null) return { body: whole, url: null };
  await whole.cancel();
  return { body: text, url: remote.safeParse(parseJson(text)).data?.url ?? null };
}

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
