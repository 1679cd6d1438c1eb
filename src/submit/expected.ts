import * as z from "zod";
import {
  JOB_VALID_SECONDS,
  type Job,
  jobEndsAt,
  jobKind,
  jobOwnerTag,
  jobRequestId,
  linkJob,
  newJob,
  ownerTag,
  standingOf,
} from "../auth/job-credentials.ts";
import { catalogueExpectation } from "../catalogue/expectations.ts";
import type { TokenOwner } from "../config/api-tokens.ts";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, type Route } from "../http/route.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
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
import { callbackOf, expectCallback } from "./expect-callback.ts";

export const MIN_DEADLINE_SECONDS = 60;
const MAX_DEADLINE_SECONDS = 259_200;

export const titleField = z.string().trim().min(1, "is empty").max(MAX_TITLE_CHARS);

export const tagsField = z
  .array(z.string().trim().min(1, "is empty").max(MAX_TAG_CHARS))
  .max(MAX_TAGS);

export const expectedBody = z
  .strictObject({
    request_id: requestId.optional(),
    job: z
      .string()
      .refine((text) => jobKind(text) !== null, "is not the name of a job")
      .optional(),
    title: titleField.optional(),
    tags: tagsField.optional(),
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
const postExpected: Handler = async (c) => {
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
        return bindToRequest(bucket, {
          requestId,
          job: named ?? newJob("s", now, tag),
          deadlineAt: deadlineOf(asking),
        });
      case "foreign":
        if (!isAdmin(caller)) throw notYours(requestId);
        return bindToRequest(bucket, {
          requestId,
          job: named ?? newJob("s", now, tag),
          deadlineAt: found.expectation.deadlineAt ?? deadlineOf(asking),
        });
      case "own": {
        const { job: recorded, deadlineAt } = found.expectation;
        const isValid = recorded !== null && jobEndsAt(recorded) > now;
        const job = named ?? (isValid ? recorded : newJob("s", now, tag));
        if (hasDetails(details)) await updateDetails(env, found.expectation, details);
        return bindToRequest(bucket, {
          requestId,
          job,
          deadlineAt: deadlineAt ?? deadlineOf(asking),
        });
      }
      case "unknown": {
        // The job is bound only once the request is this token's. Who loses a race looks again.
        const job = named ?? newJob("s", now, tag);
        const expected = { requestId, job, tokenId: caller.tokenId, deadlineSeconds, details };
        const isNew = await expectCallback(env, expected, now).catch(storageUnavailable);
        if (isNew) return bindToRequest(bucket, { requestId, job, deadlineAt: deadlineOf(asking) });
      }
    }
  }
}

/** Keeps the details of a request that is registered once more. A catalogue that is away holds nothing up. */
async function updateDetails(env: Env, expectation: Expectation, given: Details): Promise<void> {
  const { requestId } = expectation;
  const details = await addDetails(env.TRANSCRIPTS, requestId, given).catch(storageUnavailable);
  await catalogueExpectation(env.CATALOGUE, { ...expectation, details }).catch((error) =>
    log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),
  );
}

/** Binds the job of a registration to its request, and leads those who wait for the job there. */
async function bindToRequest(bucket: R2Bucket, registered: Registered): Promise<Registered> {
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
