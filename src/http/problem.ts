import { HTTPException } from "hono/http-exception";
import { log, reasonOf } from "../lib/log.ts";

export const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  410: "Gone",
  412: "Precondition Failed",
  413: "Content Too Large",
  416: "Range Not Satisfiable",
  422: "Unprocessable Content",
  424: "Failed Dependency",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;

/**
 * What went wrong, for programs: clients rely on these, while a detail may be reworded.
 */
export type ProblemCode =
  | "already_received"
  | "body_too_large"
  | "busy"
  | "changed_meanwhile"
  | "configured_token"
  | "deepgram_refused"
  | "deepgram_unanswered"
  | "follow_up_running"
  | "idempotency_key_reused"
  | "incomplete_body"
  | "internal_error"
  | "invalid_body"
  | "invalid_form"
  | "invalid_idempotency_key"
  | "invalid_json"
  | "invalid_parameter"
  | "invalid_token"
  | "job_expired"
  | "job_has_request"
  | "method_not_allowed"
  | "missing_scope"
  | "not_a_result"
  | "not_a_transcript"
  | "not_acceptable"
  | "not_allowed"
  | "not_configured"
  | "not_received_yet"
  | "not_resubmitted"
  | "not_showable"
  | "not_yours"
  | "precondition_failed"
  | "range_not_satisfiable"
  | "signed_out"
  | "stale_form"
  | "storage_unavailable"
  | "submission_in_progress"
  | "token_exists"
  | "too_early"
  | "too_many_invalid_tokens"
  | "too_many_requests"
  | "transcript_deleted"
  | "transcript_overdue"
  | "transcription_failed"
  | "translation_failed"
  | "unknown_dead_letter"
  | "unknown_digest"
  | "unknown_follow_up"
  | "unknown_format"
  | "unknown_route"
  | "unknown_share"
  | "unknown_token"
  | "unknown_transcript"
  | "unknown_translation"
  | "unknown_version"
  | "unknown_webhook"
  | "unverified"
  // Why a callback was put into quarantine (`src/receive/answer.ts`).
  | "audio"
  | "not_utf8"
  | "truncated_json"
  | "unknown_message"
  | "another_request"
  | "already_stored"
  | "another_token"
  | "message_too_large"
  | "no_request_id"
  | "not_an_object"
  | "not_json"
  | "empty";

export type ProblemStatus = keyof typeof TITLES;

type Extras = {
  headers?: Record<string, string>;
  /** Extension members of the problem (RFC 9457, section 3.2). */
  members?: Record<string, unknown>;
};

/** A response with the problem details of RFC 9457; `detail` is shown to the client. */
export function problemResponse(
  status: ProblemStatus,
  code: ProblemCode,
  detail: string,
  { headers, members }: Extras = {},
): Response {
  const body = { title: TITLES[status], status, code, detail, ...members };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...headers,
    },
  });
}

/** The same as something to throw: `app.onError` answers with the response it carries. */
export function problem(
  status: ProblemStatus,
  code: ProblemCode,
  detail: string,
  extras?: Extras,
): HTTPException {
  return new HTTPException(status, { res: problemResponse(status, code, detail, extras) });
}

/** To catch what a store throws: logs the reason and throws the answer, a 503 that shows none of it. */
export function storageUnavailable(error: unknown): never {
  log("error", "storage.unavailable", { reason: reasonOf(error) });
  throw problem(503, "storage_unavailable", "The storage does not answer at the moment.", {
    headers: { "retry-after": "5" },
  });
}
