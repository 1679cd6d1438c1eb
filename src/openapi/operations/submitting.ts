import { badRequest, json, one, problem, told } from "../answers.ts";
import { schemaRef } from "../components.ts";
import { deepgramsOwn, orDeepgrams } from "../deepgram-answers.ts";
import { CALLBACK_URL, JOB, REQUEST_ID } from "../example-callback.ts";
import { GUARD_ANSWERS, unavailable } from "../guard-answers.ts";
import type { Described } from "../operation.ts";
import { deepgramsQuery, idempotencyKey } from "../parameters.ts";
import { shared } from "../shared-answers.ts";
import type { RequestBody } from "../specification.ts";

const LISTEN = `Deepgram's own request: query and body go to Deepgram as they come, with our key and a callback that is good for this one submission. \`@deepgram/sdk\` needs nothing but another base URL. Under the \`request_id\` of the answer the transcript is expected from then on, and overdue after \`CALLBACK_DEADLINE_SECONDS\`.

Deepgram's refusals are passed on unchanged, whatever their status. Once Deepgram may have accepted the audio, no answer is one that its SDK repeats by itself (408, 429, 5xx).

An \`Idempotency-Key\` holds for a day and for the token that used it. The same request under it is answered as the first time, and another one with 422; audio is compared by its SHA-256 once it has been sent. After 15 minutes the key of a submission that was never answered is answered with its \`request_id\`, or is free again where Deepgram cannot have had all of the audio.`;

const EXPECTED = `For what is given to Deepgram by somebody else: put \`callback_url\` into that request as \`callback\`. It holds for three days, and for this one job. Without a \`request_id\` the answer has one of ours, which leads to Deepgram's as soon as the callback has told it.

Register a request that you submitted yourself by its \`request_id\`; name the \`job\` whose URL Deepgram was given, if you made one before. The same token again gets the same job. A request that another token expects, or whose callback is stored, is 409: \`already_received\` means that there is nothing left to wait for.

When nothing has come after \`deadline_seconds\` (if not given, after \`CALLBACK_DEADLINE_SECONDS\`), the transcript is overdue.`;

const AUDIO: RequestBody = {
  description: "Where the audio is, as JSON; or, of any other content type, the audio itself.",
  required: true,
  content: {
    "application/json": {
      schema: schemaRef("Recording"),
      examples: one({ url: "https://recordings.example/42.wav" }),
    },
    "*/*": { schema: {} },
  },
};

const UNANSWERED =
  "Deepgram did not answer: whether it accepted the audio is not known. Look at the status of this request_id before you submit it again.";

/** `POST /v1/listen` and `POST /v1/expected`. */
export const submittingOperations: Described[] = [
  {
    method: "post",
    path: "/v1/listen",
    tag: "Submitting",
    scope: "submit",
    operationId: "submitAudio",
    summary: "Submit audio to Deepgram",
    description: LISTEN,
    parameters: [deepgramsQuery, idempotencyKey],
    requestBody: AUDIO,
    responses: {
      200: json("Submitted", "Deepgram has accepted it.", {
        headers: ["dg-request-id", "Idempotency-Replayed"],
        examples: one({ request_id: REQUEST_ID }),
      }),
      400: orDeepgrams(
        badRequest(
          "A parameter of the query begins with `callback` in upper or lower case (`callback_method` may), or the `Idempotency-Key` is longer than 255 characters.",
          "The callback is set here: leave it out, and ask for a webhook follow-up.",
          "The Idempotency-Key is too long.",
        ),
      ),
      401: orDeepgrams(GUARD_ANSWERS.Unauthorized),
      403: orDeepgrams(GUARD_ANSWERS.Forbidden),
      409: orDeepgrams(
        problem(
          "What was sent under this `Idempotency-Key` is still being submitted.",
          [told(409, "Conflict", "A submission with this Idempotency-Key is under way.")],
          { headers: ["Retry-After"] },
        ),
      ),
      422: orDeepgrams(
        problem(
          "The `Idempotency-Key` was used with another request: another query, content type, length or body.",
          [
            told(
              422,
              "Unprocessable Content",
              "This Idempotency-Key was used with another request: take a new one.",
            ),
          ],
        ),
      ),
      424: orDeepgrams(
        problem(
          "Deepgram did not answer, and may have accepted the audio: it is expected under the `request_id` of the answer.",
          [told(424, "Failed Dependency", UNANSWERED, { request_id: REQUEST_ID, job: JOB })],
          { schemas: ["UnansweredProblem"], headers: ["Idempotency-Replayed"] },
        ),
      ),
      429: orDeepgrams(GUARD_ANSWERS.TooManyRequests),
      500: orDeepgrams(GUARD_ANSWERS.Unexpected),
      503: orDeepgrams(
        unavailable(
          "The storage does not answer, no API tokens are configured, or what a submission needs is not: `DEEPGRAM_API_KEY`, `SIGNING_KEYS` and `PUBLIC_URL`.",
          "Submissions are not configured here; /health says what is missing.",
        ),
      ),
      default: deepgramsOwn("Deepgram's refusal of any other status, unchanged."),
    },
  },
  {
    method: "post",
    path: "/v1/expected",
    tag: "Submitting",
    scope: "submit",
    operationId: "expectCallback",
    summary: "Expect a callback of a request that is made elsewhere",
    description: EXPECTED,
    requestBody: {
      description: "What is known of the request; an empty object when nothing is.",
      required: true,
      content: {
        "application/json": {
          schema: schemaRef("NewExpectation"),
          examples: one({
            request_id: REQUEST_ID,
            title: "Order of 24 November",
            tags: ["orders"],
            deadline_seconds: 900,
          }),
        },
      },
    },
    responses: {
      201: json("ExpectedCallback", "It is expected.", {
        examples: one({
          request_id: REQUEST_ID,
          job: JOB,
          callback_url: CALLBACK_URL,
          deadline_at: "2026-11-24T09:44:40.000Z",
        }),
      }),
      400: badRequest(
        "The body is wrong; the answer names what is.",
        "deadline_seconds must be at least 1.",
        "deadline_seconds must be at least 60 for a token without the admin scope.",
        "The job is not one that can still be called: make another.",
      ),
      409: problem(
        "The callback is stored already, or the request or the job is not yours. An admin token gets a job all the same.",
        [
          told(409, "Conflict", "The callback of this request is stored already.", {
            request_id: REQUEST_ID,
            state: "received",
          }),
          told(409, "Conflict", "Another token expects this request.", {
            request_id: REQUEST_ID,
          }),
          told(409, "Conflict", "The job was made by another token.", {
            job: JOB,
          }),
          told(409, "Conflict", "The job has another request already.", {
            job: JOB,
            request_id: REQUEST_ID,
          }),
        ],
        { schemas: ["RegistrationProblem"] },
      ),
      410: shared("Deleted"),
      413: shared("BodyTooLarge"),
      503: unavailable(
        "The storage does not answer, or no API tokens, no `SIGNING_KEYS` or no `PUBLIC_URL` are configured.",
        "SIGNING_KEYS or PUBLIC_URL is missing: no callback URL can be made.",
      ),
    },
  },
];
