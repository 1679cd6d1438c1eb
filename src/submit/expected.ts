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
import type { TokenOwner } from "../config/token-owner.ts";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { jsonBody } from "../http/json-body.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { deletedTranscript } from "../read/require-transcript.ts";
import { bindJob, boundRequest } from "../store/submissions.ts";
import { callbackOf, expectCallback } from "./expect.ts";

const MIN_DEADLINE_SECONDS = 60;
const MAX_DEADLINE_SECONDS = 259_200;

export const expectedBody = z
  .strictObject({
    request_id: requestId.optional(),
    job: z
      .string()
      .refine((text) => jobKind(text) !== null, "not the name of a job")
      .optional()
      .describe("One of your jobs, made without a `request_id`: it is bound to this request."),
    deadline_seconds: z
      .int()
      .min(1)
      .max(MAX_DEADLINE_SECONDS)
      .optional()
      .describe(`At least ${MIN_DEADLINE_SECONDS} for a token without the scope \`admin\`.`),
  })
  .refine(
    ({ job, request_id }) => job === undefined || request_id !== undefined,
    "job needs a request_id to be bound to",
  );

export const expectedAnswer = z.object({
  request_id: z
    .string()
    .describe("That of the body; or, until Deepgram's is known, one that leads to it."),
  job: z.string(),
  callback_url: z.string().describe("With its credential: keep it secret."),
  deadline_at: z.iso.datetime(),
});

/** What is registered: the job that may deliver, and the deadline (ISO 8601, UTC). */
type Registered = { requestId: RequestId; job: Job; deadlineAt: string };

/** Who registers, by when the callback must come, and when that is asked (milliseconds). */
type Asking = { env: Env; caller: TokenOwner; tag: string; deadlineSeconds: number; now: number };

/** `POST /v1/expected`: a request that is submitted elsewhere. */
export const postExpected: Handler = async (c) => {
  const { config, caller } = c.var;
  const asked = await jsonBody(expectedBody, c.req.raw);
  if ((asked.deadline_seconds ?? Infinity) < MIN_DEADLINE_SECONDS && !isAdmin(caller)) {
    throw problem(
      400,
      `deadline_seconds must be at least ${MIN_DEADLINE_SECONDS} for a token without the admin scope.`,
    );
  }
  if (config.signingKeys.length === 0 || config.publicUrl === "") {
    throw problem(503, "SIGNING_KEYS or PUBLIC_URL is missing: no callback URL can be made.", {
      headers: { "retry-after": "60" },
    });
  }
  const deadlineSeconds = asked.deadline_seconds ?? config.callbackDeadlineSeconds;
  const tag = await ownerTag(caller.tokenId);
  const asking = { env: c.env, caller, tag, deadlineSeconds, now: Date.now() };
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
  const { env, caller, tag, deadlineSeconds, now } = asking;
  const job = newJob("x", now, tag);
  const requestId = await jobRequestId(job);
  const { tokenId } = caller;
  const expected = { requestId, job: null, tokenId, deadlineSeconds };
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
  const { env, caller, tag, deadlineSeconds, now } = asking;
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
        return bound(bucket, { requestId, job, deadlineAt: deadlineAt ?? deadlineOf(asking) });
      }
      case "unknown": {
        // The job is bound only once the request is this token's. Who loses a race looks again.
        const job = named ?? newJob("s", now, tag);
        const expected = { requestId, job, tokenId: caller.tokenId, deadlineSeconds };
        const isNew = await expectCallback(env, expected, now).catch(storageUnavailable);
        if (isNew) return bound(bucket, { requestId, job, deadlineAt: deadlineOf(asking) });
      }
    }
  }
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
    throw problem(409, "The job was made by another token.", {
      members: { code: "not_yours", job },
    });
  }
  const endsAt = jobEndsAt(job);
  if (endsAt <= now || endsAt > now + JOB_VALID_SECONDS * 1_000) {
    throw problem(400, "The job is not one that can still be called: make another.");
  }
  const id = await boundRequest(env.TRANSCRIPTS, job).catch(storageUnavailable);
  if (id !== null && id !== requestId) throw jobHasRequest(job, id);
}

const jobHasRequest = (job: Job, request_id: RequestId) =>
  problem(409, "The job has another request already.", {
    members: { code: "job_has_request", job, request_id },
  });

const alreadyReceived = (request_id: RequestId, state: "received" | "failed") =>
  problem(409, "The callback of this request is stored already.", {
    members: { code: "already_received", request_id, state },
  });

const notYours = (request_id: RequestId) =>
  problem(409, "Another token expects this request.", {
    members: { code: "not_yours", request_id },
  });
