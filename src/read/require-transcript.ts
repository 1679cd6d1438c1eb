import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { mayBeOfJob } from "../auth/job-credentials.ts";
import type { AppEnv } from "../config/config.ts";
import { notARequestId, parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/content.ts";
import type { Details } from "../store/details.ts";
import { type Expectation, openExpectation, readExpectation } from "../store/expectations.ts";
import type { CallbackRecord, Tombstone } from "../store/record.ts";
import { formatsOf, type RenderedFormat, type View } from "./formats.ts";
import { errorOf, statusOfExpectation } from "./transcript-status.ts";

/** After which a client may ask again for an expected transcript. */
const RETRY_AFTER_SECONDS = "5";

export const unknownTranscript = () =>
  problem(404, "unknown_transcript", "No transcript is known by this request_id.");

export const deletedTranscript = ({ requestId, state, deletedAt }: Tombstone) =>
  problem(410, "transcript_deleted", "The transcript was deleted.", {
    members: { request_id: requestId, state, deleted_at: deletedAt },
  });

/** A request in any state but `deleted`: its record, its expectation, or both. */
export type KnownRequest = {
  record: CallbackRecord | null;
  expectation: Expectation | null;
  /** The request that has taken its place. */
  successor: RequestId | null;
};

/**
 * What is known of a request in any state. Throws the answer for one that is unknown or deleted, that
 * stood for a job alone, and when R2 does not answer.
 */
export async function requireKnown(bucket: R2Bucket, requestId: RequestId): Promise<KnownRequest> {
  const record = await headCallback(bucket, requestId).catch(storageUnavailable);
  if (record?.state === "deleted") throw deletedTranscript(record);
  const expectation = await readExpectation(bucket, requestId).catch(storageUnavailable);
  if (record === null && expectation === null) throw unknownTranscript();
  const successor =
    expectation && (await successorOf(bucket, expectation).catch(storageUnavailable));
  if (successor !== null && mayBeOfJob(requestId)) throw superseded(requestId, successor);
  return { record, expectation, successor };
}

/** Passes the record of a transcript that is there; throws the answer for every other state. */
export async function requireTranscript(
  bucket: R2Bucket,
  requestId: RequestId,
  record: CallbackRecord | Tombstone | null,
): Promise<CallbackRecord> {
  if (record === null) {
    const open = await openExpectation(bucket, requestId).catch(storageUnavailable);
    if (open === null) throw unknownTranscript();
    const { expectation, details } = open;
    const successor = await successorOf(bucket, expectation).catch(storageUnavailable);
    throw successor === null ? toCome(expectation, details) : superseded(requestId, successor);
  }
  const members = { request_id: requestId, state: record.state };
  switch (record.state) {
    case "received":
      return record;
    case "failed": {
      const { error } = await factsOf(bucket, record).catch(storageUnavailable);
      throw problem(424, "transcription_failed", "Deepgram could not transcribe the audio.", {
        members: { ...members, error },
      });
    }
    case "deleted":
      throw deletedTranscript(record);
  }
}

function toCome(expectation: Expectation, details: Details): HTTPException {
  const { requestId, state, expectedAt, deadlineAt } = expectation;
  const members = {
    request_id: requestId,
    state,
    expected_at: expectedAt,
    deadline_at: deadlineAt,
  };
  switch (state) {
    case "overdue":
      return problem(
        504,
        "transcript_overdue",
        "Deepgram's callback has not come within its time.",
        { members },
      );
    case "failed":
      return problem(424, "transcription_failed", "Deepgram could not transcribe the audio.", {
        members: { ...members, error: errorOf(expectation) },
      });
    case "expected":
    case "live": {
      const pending = Response.json(
        statusOfExpectation({ ...expectation, successor: null }, details),
        {
          status: 202,
          headers: { "retry-after": RETRY_AFTER_SECONDS, "cache-control": "no-store" },
        },
      );
      return new HTTPException(202, { res: pending });
    }
  }
}

/** Another request has taken the place of this one: `app.onError` leads there. */
export const superseded = (id: string, successor: string) =>
  new HTTPException(307, { cause: { id, successor } satisfies Superseded });

type Superseded = { id: string; successor: string };

/** The request that the `superseded` error names; null for another error. */
export function successorUrl(error: HTTPException, url: string): string | null {
  if (error.status !== 307) return null;
  const { id, successor } = error.cause as Superseded;
  const { pathname, search } = new URL(url);
  return pathname.replace(new RegExp(id, "i"), successor) + search;
}

/** The `request_id` of the path. Throws a 404 when it is not one. */
export function requestIdOf(c: Context<AppEnv>): RequestId {
  const requestId = parseRequestId(c.req.param("request_id"));
  if (requestId === null) {
    throw problem(404, "unknown_transcript", `${notARequestId(c.req.param("request_id"))}.`);
  }
  return requestId;
}

/**
 * The request that has taken the place of an expected one, as soon as anything is known of it: a job is
 * bound to its request before the callback of that is stored. Null until then. At most two R2 operations.
 */
export async function successorOf(
  bucket: R2Bucket,
  { requestId, successor }: Expectation,
): Promise<RequestId | null> {
  if (successor === null || successor === requestId) return null;
  if ((await headCallback(bucket, successor)) !== null) return successor;
  return (await readExpectation(bucket, successor)) === null ? null : successor;
}

/** Thrown for a text result where only a transcript will do; `what` completes "it has no …". */
export const notATranscript = (what: string) =>
  problem(
    422,
    "not_a_transcript",
    `The result is text intelligence, not a transcript: it has no ${what}.`,
  );

/** Throws the answer for a text result in a format of speech, or a slice of one. */
export function requireFormat(
  { kind }: CallbackRecord,
  format: RenderedFormat,
  { slice }: View,
): void {
  if (kind !== "text") return;
  const formats = formatsOf(kind);
  if (!formats.includes(format)) {
    throw notATranscript(`${format}; ask for ${formats.join(", ")}`);
  }
  if (Object.keys(slice).length > 0) throw notATranscript("times, channels or speakers");
}
