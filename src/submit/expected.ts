import * as z from "zod";
import {
  JOB_VALID_SECONDS,
  type Job,
  jobEndsAt,
  jobKind,
  jobOwnerTag,
  newJob,
  ownerTag,
} from "../auth/job.ts";
import { jobRequestId } from "../auth/job-request-id.ts";
import { linkJob, standingOf } from "../auth/request-of-job.ts";
import { catalogueExpectation } from "../catalogue/expectations.ts";
import type { TokenOwner } from "../config/token-owner.ts";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
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
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { jsonBody } from "../http/validate.ts";
import { documentOnly } from "../lib/document-only.ts";
import { log, reasonOf } from "../lib/log.ts";
import { deletedTranscript } from "../read/require-transcript.ts";
import {
  type Details,
  hasDetails,
  MAX_AUDIO_URL_CHARS,
  MAX_TAG_CHARS,
  MAX_TAGS,
  MAX_TITLE_CHARS,
} from "../store/details.ts";
import { addDetails, type Expectation } from "../store/expectations.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { callbackOf, expectCallback } from "./expect.ts";

const MIN_DEADLINE_SECONDS = 60;
const MAX_DEADLINE_SECONDS = 259_200;

export const expectedBody = z
  .strictObject({
    request_id: requestId.optional(),
    job: z
      .string()
      .refine((text) => jobKind(text) !== null, "is not the name of a job")
      .optional(),
    title: z.string().trim().min(1, "is empty").max(MAX_TITLE_CHARS).optional(),
    tags: z.array(z.string().trim().min(1, "is empty").max(MAX_TAG_CHARS)).max(MAX_TAGS).optional(),
    audio_url: z
      .url({ protocol: /^https?$/, error: "is not an http or https URL" })
      .max(MAX_AUDIO_URL_CHARS)
      .optional(),
    deadline_seconds: z.int().min(1).max(MAX_DEADLINE_SECONDS).optional(),
  })
  .refine(
    ({ job, request_id }) => job === undefined || request_id !== undefined,
    "needs a request_id to which the job is bound",
  );

export const expectedAnswer = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      request_id: z
        .string()
        .describe("That of the body; or, until Deepgram's is known, one that leads to it."),
      job: z.string(),
      callback_url: z.string().describe("With its credential: keep it secret."),
      deadline_at: z.iso.datetime(),
    })
    .meta({ id: "ExpectedCallback" }),
);

/** What is registered: the job that may deliver, and the deadline (ISO 8601, UTC). */
type Registered = { requestId: RequestId; job: Job; deadlineAt: string };

/** Who registers, by when the callback must come, and when that is asked (milliseconds). */
type Asking = {
  env: Env;
  caller: TokenOwner;
  tag: string;
  deadlineSeconds: number;
  details: Details;
  now: number;
};

/** `POST /v1/expected`: a request that is submitted elsewhere. */
export const postExpected: Handler = async (c) => {
  const { config, caller } = c.var;
  const asked = await jsonBody(expectedBody, c.req.raw);
  if ((asked.deadline_seconds ?? Infinity) < MIN_DEADLINE_SECONDS && !isAdmin(caller)) {
    throw problem(
      400,
      "invalid_body",
      `deadline_seconds must be at least ${MIN_DEADLINE_SECONDS} for a token without the admin scope.`,
    );
  }
  if (config.signingKeys.length === 0 || config.publicUrl === "") {
    throw problem(
      503,
      "not_configured",
      "SIGNING_KEYS or PUBLIC_URL is missing: no callback URL can be made.",
      {
        headers: { "retry-after": "60" },
      },
    );
  }
  const deadlineSeconds = asked.deadline_seconds ?? config.callbackDeadlineSeconds;
  const tag = await ownerTag(caller.tokenId);
  const { title = null, tags = [], audio_url: audioUrl = null } = asked;
  const details = { title, tags: [...new Set(tags)], audioUrl };
  const asking = { env: c.env, caller, tag, deadlineSeconds, details, now: Date.now() };
  const registered =
    asked.request_id === undefined
      ? await registerJob(asking)
      : await registerRequest(asking, asked.request_id, asked.job);
  const answer: z.infer<typeof expectedAnswer> = {
    request_id: registered.requestId,
    job: registered.job,
    callback_url: (await callbackOf(config, registered.job)) ?? "",
    deadline_at: registered.deadlineAt,
  };
  return c.json(answer, 201, { "cache-control": "no-store" });
};

const isAdmin = ({ scopes }: TokenOwner) => scopes.includes("admin");

const deadlineOf = ({ now, deadlineSeconds }: Asking): string =>
  new Date(now + deadlineSeconds * 1_000).toISOString();

/** Makes a job whose request is not known yet. */
async function registerJob(asking: Asking): Promise<Registered> {
  const { env, caller, tag, deadlineSeconds, details, now } = asking;
  const job = newJob("x", now, tag);
  const requestId = await jobRequestId(job);
  const { tokenId } = caller;
  const expected = { requestId, job: null, tokenId, deadlineSeconds, details };
  await expectCallback(env, expected, now).catch(storageUnavailable);
  return { requestId, job, deadlineAt: deadlineOf(asking) };
}

/**
 * Registers a request under a job: `named`, that of an earlier registration by the same token, or a new
 * one. Throws the answer for a request that another token expects, or whose callback is stored.
 */
async function registerRequest(
  asking: Asking,
  requestId: RequestId,
  named: Job | undefined,
): Promise<Registered> {
  const { env, caller, tag, deadlineSeconds, details, now } = asking;
  const bucket = env.TRANSCRIPTS;
  if (named !== undefined) await requireOwnJob(asking, requestId, named);
  for (;;) {
    const found = await standingOf(bucket, requestId, tag).catch(storageUnavailable);
    switch (found.standing) {
      case "deleted":
        throw deletedTranscript(found.record);
      case "stored":
        if (!isAdmin(caller)) throw alreadyReceived(requestId, found.record.state);
        return bound(bucket, {
          requestId,
          job: named ?? newJob("s", now, tag),
          deadlineAt: deadlineOf(asking),
        });
      case "foreign":
        if (!isAdmin(caller)) throw notYours(requestId);
        return bound(bucket, {
          requestId,
          job: named ?? newJob("s", now, tag),
          deadlineAt: found.expectation.deadlineAt ?? deadlineOf(asking),
        });
      case "own": {
        const { job: recorded, deadlineAt } = found.expectation;
        const isValid = recorded !== null && jobEndsAt(recorded) > now;
        const job = named ?? (isValid ? recorded : newJob("s", now, tag));
        if (hasDetails(details)) await sayMore(env, found.expectation, details);
        return bound(bucket, { requestId, job, deadlineAt: deadlineAt ?? deadlineOf(asking) });
      }
      case "unknown": {
        // The job is bound only once the request is this token's. Who loses a race looks again.
        const job = named ?? newJob("s", now, tag);
        const expected = { requestId, job, tokenId: caller.tokenId, deadlineSeconds, details };
        const isNew = await expectCallback(env, expected, now).catch(storageUnavailable);
        if (isNew) return bound(bucket, { requestId, job, deadlineAt: deadlineOf(asking) });
      }
    }
  }
}

/** Keeps the details of a request that is registered once more. A catalogue that is away holds nothing up. */
async function sayMore(env: Env, expectation: Expectation, given: Details): Promise<void> {
  const { requestId } = expectation;
  const details = await addDetails(env.TRANSCRIPTS, requestId, given).catch(storageUnavailable);
  await catalogueExpectation(env.CATALOGUE, { ...expectation, details }).catch((error) =>
    log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),
  );
}

/** Binds the job of a registration to its request, and leads those who wait for the job there. */
async function bound(bucket: R2Bucket, registered: Registered): Promise<Registered> {
  const { job, requestId } = registered;
  const id = await bindJob(bucket, job, requestId).catch(storageUnavailable);
  if (id !== requestId) throw jobHasRequest(job, id);
  if (jobKind(job) === "x") await linkJob(bucket, job, requestId).catch(storageUnavailable);
  return registered;
}

/** A job that the caller names must be one that it could have made, and have no other request. */
async function requireOwnJob(
  { env, caller, tag, now }: Asking,
  requestId: RequestId,
  job: Job,
): Promise<void> {
  if (jobOwnerTag(job) !== tag && !isAdmin(caller)) {
    throw problem(409, "not_yours", "The job was made by another token.", {
      members: { job },
    });
  }
  const endsAt = jobEndsAt(job);
  if (endsAt <= now || endsAt > now + JOB_VALID_SECONDS * 1_000) {
    throw problem(400, "job_expired", "The job is not one that can still be called: make another.");
  }
  const id = await boundRequest(env.TRANSCRIPTS, job).catch(storageUnavailable);
  if (id !== null && id !== requestId) throw jobHasRequest(job, id);
}

const jobHasRequest = (job: Job, request_id: RequestId) =>
  problem(409, "job_has_request", "The job has another request already.", {
    members: { job, request_id },
  });

const alreadyReceived = (request_id: RequestId, state: "received" | "failed") =>
  problem(409, "already_received", "The callback of this request is stored already.", {
    members: { request_id, state },
  });

const notYours = (request_id: RequestId) =>
  problem(409, "not_yours", "Another token expects this request.", {
    members: { request_id },
  });

export const expectedRoute: Route = {
  method: "POST",
  path: "/v1/expected",
  scope: "submit",
  handle: postExpected,
};

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
