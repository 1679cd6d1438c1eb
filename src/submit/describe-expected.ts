import * as z from "zod";
import {
  json,
  jsonRequest,
  one,
  problemAnswer,
  problemExample,
  problemSchema,
  shared,
  unavailable,
  wrongBody,
} from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import { expectedAnswer, expectedBody, expectedRoute, MIN_DEADLINE_SECONDS } from "./expected.ts";

export const expectedOperation: Describe = ({ requestId, job, callbackUrl }) => ({
  route: expectedRoute,
  tag: "Submitting",
  operationId: "expectCallback",
  summary: "Expect a callback of a request that is made elsewhere",
  description: `For what is given to Deepgram by somebody else: put \`callback_url\` into that request as \`callback\`. It holds for three days, and for this one job. Without a \`request_id\` the answer has one of ours, which redirects to Deepgram's as soon as the callback has named it.

Register a request that you submitted yourself by its \`request_id\`; name the \`job\` whose URL Deepgram was given, if you made one before. The same token again gets the same job. A request that another token expects, or whose callback is stored, is 409: \`already_received\` means that there is nothing left to wait for.

When nothing has come after \`deadline_seconds\` (if not given, after \`CALLBACK_DEADLINE_SECONDS\`), the transcript is overdue.`,
  requestBody: jsonRequest(
    newExpectation(),
    "What is known of the request; an empty object when nothing is.",
    {
      request_id: requestId,
      title: "Order of 24 November",
      tags: ["orders"],
      deadline_seconds: 900,
    },
  ),
  responses: {
    201: json(expectedAnswer, "It is expected.", {
      examples: one({
        request_id: requestId,
        job,
        callback_url: callbackUrl,
        deadline_at: "2026-11-24T09:44:40.000Z",
      }),
    }),
    400: wrongBody(
      "deadline_seconds must be at least 1.",
      ["invalid_body", "deadline_seconds must be at least 60 for a token without the admin scope."],
      ["job_expired", "The job is not one that can still be called: make another."],
    ),
    409: problemAnswer(
      "The callback is stored already, or the request or the job is not yours. An admin token gets a job all the same.",
      [
        problemExample(409, "already_received", "The callback of this request is stored already.", {
          request_id: requestId,
          state: "received",
        }),
        problemExample(409, "not_yours", "Another token expects this request.", {
          request_id: requestId,
        }),
        problemExample(409, "not_yours", "The job was made by another token.", { job }),
        problemExample(409, "job_has_request", "The job has another request already.", {
          job,
          request_id: requestId,
        }),
      ],
      { schema: registrationProblem() },
    ),
    410: shared("Deleted"),
    413: shared("BodyTooLarge"),
    503: unavailable(
      "The storage does not answer, or no API tokens, no `SIGNING_KEYS` or no `PUBLIC_URL` are configured.",
      "SIGNING_KEYS or PUBLIC_URL is missing: no callback URL can be made.",
    ),
  },
});

function newExpectation() {
  const { shape } = expectedBody;
  return z
    .strictObject({
      ...shape,
      job: shape.job.describe(
        "One of your jobs, made without a `request_id`: it is bound to this request.",
      ),
      title: shape.title.describe("What you call the recording."),
      tags: shape.tags.describe("Listed with those of the callback."),
      audio_url: shape.audio_url.describe(
        "Where the page of the transcript plays the audio, if `AUDIO_ORIGINS` allows it.",
      ),
      deadline_seconds: shape.deadline_seconds.describe(
        `At least ${MIN_DEADLINE_SECONDS} for a token without the scope \`admin\`.`,
      ),
    })
    .meta({ id: "NewExpectation" });
}

/** Why a request is not registered. */
const registrationProblem = () =>
  problemSchema
    .extend({
      code: z
        .enum(["already_received", "not_yours", "job_has_request"])
        .describe("`already_received`: there is nothing left to wait for."),
      request_id: z
        .string()
        .optional()
        .describe("The request; of `job_has_request` that of the job."),
      state: z.enum(["received", "failed"]).optional().describe("With `already_received`."),
      job: z.string().optional().describe("The job, where that is what is refused."),
    })
    .meta({ id: "RegistrationProblem" });
