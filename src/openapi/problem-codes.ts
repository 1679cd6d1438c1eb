import type { ProblemCode } from "../http/problem.ts";
import { UNMATCHED, type Unmatched } from "../receive/unmatched.ts";

/** What the details of the examples begin with, or what their words are, and the code that is sent with each. */
const CODES: [RegExp, ProblemCode][] = [
  [/^The body (asks|names)|^channels |^name must|^dry_run |^deadline_seconds /, "invalid_body"],
  [/^(to|since|q|cursor|wait|channel|ids) (must|has|is) /, "invalid_parameter"],
  [/^(The raw JSON is given whole|The callback is set here)/, "invalid_parameter"],
  [/^The webhook crm is not/, "unknown_webhook"],
  [/^The job is not one/, "job_expired"],
  [/^The Idempotency-Key is too long/, "invalid_idempotency_key"],
  [/^The body ended before/, "incomplete_body"],
  [/^The callback has no valid credentials/, "unverified"],
  [/^A valid API token/, "invalid_token"],
  [/^The token has not the scope/, "missing_scope"],
  [/^No transcript is known/, "unknown_transcript"],
  [/^No translation into/, "unknown_translation"],
  [/^There is no such format/, "unknown_format"],
  [/^The transcript has no share/, "unknown_share"],
  [/^The transcript has no follow-up/, "unknown_follow_up"],
  [/^The request has no body/, "unknown_version"],
  [/^There is no token/, "unknown_token"],
  [/^There is no dead letter/, "unknown_dead_letter"],
  [/^Nothing with this digest/, "unknown_digest"],
  [/^This address takes/, "method_not_allowed"],
  [/^There is no representation/, "not_acceptable"],
  [/^A submission with this/, "submission_in_progress"],
  [/^The callback of this request is stored/, "already_received"],
  [/^(Another token expects|The job was made by)/, "not_yours"],
  [/^The job has another request/, "job_has_request"],
  [/^The transcript has not come yet/, "not_received_yet"],
  [/^The current body kept changing/, "changed_meanwhile"],
  [/^There is a token of the name/, "token_exists"],
  [/^The token reader is one of/, "configured_token"],
  [/^The follow-up is being tried/, "follow_up_running"],
  [/^The transcript was deleted/, "transcript_deleted"],
  [/^The representation is not/, "precondition_failed"],
  [/^The body (has more|is larger)/, "body_too_large"],
  [/^The transcript has \d+ bytes/, "range_not_satisfiable"],
  [/^The result is text intelligence/, "not_a_transcript"],
  [/^The transcript can only be had as JSON/, "not_showable"],
  [/^This Idempotency-Key was used/, "idempotency_key_reused"],
  [/is not within RECIPIENTS|is beyond MAX_TRANSLATIONS/, "not_allowed"],
  [/^(Deepgram could not transcribe|What Deepgram could not)/, "transcription_failed"],
  [/^The transcript could not be translated/, "translation_failed"],
  [/^Deepgram did not answer/, "deepgram_unanswered"],
  [/^The token has made too many/, "too_many_requests"],
  [/^Too many invalid API tokens/, "too_many_invalid_tokens"],
  [/^Something went wrong here/, "internal_error"],
  [/^Which request the callback/, "too_early"],
  [/^The (storage does not answer|callback could not be stored)/, "storage_unavailable"],
  [/configured|is missing: no callback URL|has no usable entry/, "not_configured"],
  [/^Deepgram's callback has not come/, "transcript_overdue"],
];

/** The code of the problem with a detail. Throws for a detail that is not known. */
export function codeOf(detail: string): string {
  const reasons = Object.keys(UNMATCHED) as Unmatched[];
  const reason = reasons.find((each) => detail.startsWith(UNMATCHED[each]));
  const code = reason?.replaceAll("-", "_") ?? CODES.find(([words]) => words.test(detail))?.[1];
  if (code === undefined) throw new Error(`No code is known of the problem: ${detail}`);
  return code;
}
