import { utf16Of } from "../deepgram/body-reader.ts";
import { isUnknownMessage } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problemResponse } from "../http/problem.ts";
import type { StoreResult } from "../store/callbacks.ts";
import type { TakenBody } from "../store/take-body.ts";

/** What became of one delivery, as it is answered and logged. */
export type DeliveryResult =
  /** Stored, or a copy of the stored body, or about a deleted request. `reason` marks a failure. */
  | { outcome: StoreResult["outcome"]; request_id?: RequestId; reason?: "failed" }
  /** Appended to a stream that is still open. */
  | { outcome: "live" }
  | { outcome: "quarantined"; reason: Unmatched }
  /** The request that the job became is not recorded yet. */
  | { outcome: "too-early" }
  | { outcome: "unconfigured" | "unverified" | "too-large" | "interrupted" | "busy" }
  | { outcome: "unavailable"; reason: string };

/** Deepgram comes back 30 s after an answer that is not 2xx. */
const RETRY_AFTER_SECONDS = "30";

/** The HTTP answer to a delivery. Deepgram reads only whether it is 2xx; the rest is for people. */
export function answer(result: DeliveryResult): Response {
  switch (result.outcome) {
    case "created":
    case "duplicate":
    case "replaced":
    case "conflict":
    case "deleted":
    case "live":
      return new Response(null, { status: 200 });
    case "quarantined":
      return problemResponse(422, quarantineCode(result.reason), quarantinedDetail(result.reason));
    case "unverified":
      return problemResponse(401, "unverified", "The callback has no valid credentials.", {
        headers: { "www-authenticate": 'Basic realm="callback", charset="UTF-8"' },
      });
    case "too-large":
      return problemResponse(413, "body_too_large", "The body is larger than this receiver takes.");
    case "interrupted":
      return problemResponse(400, "incomplete_body", "The body ended before all of it had come.");
    case "too-early":
      return problemResponse(
        503,
        "too_early",
        "Which request the callback is about is not recorded yet.",
        {
          headers: { "retry-after": RETRY_AFTER_SECONDS },
        },
      );
    case "unconfigured":
      return problemResponse(503, "not_configured", "No callback credentials are configured.", {
        headers: { "retry-after": RETRY_AFTER_SECONDS },
      });
    case "busy":
      return problemResponse(503, "busy", "Too many bodies are being received. Try again.", {
        headers: { "retry-after": RETRY_AFTER_SECONDS },
      });
    case "unavailable":
      return problemResponse(503, "storage_unavailable", "The callback could not be stored.", {
        headers: { "retry-after": RETRY_AFTER_SECONDS },
      });
  }
}

type Underscored<Text extends string> = Text extends `${infer Start}-${infer Rest}`
  ? `${Start}_${Underscored<Rest>}`
  : Text;

export const quarantineCode = (reason: Unmatched) =>
  reason.replaceAll("-", "_") as Underscored<Unmatched>;

/** What a 422 says of a body in quarantine. */
export const quarantinedDetail = (reason: Unmatched): string =>
  `${UNMATCHED[reason]} It is kept in quarantine.`;

/** Why a verified body is in quarantine, with the words for people. */
const UNMATCHED = {
  audio: "The body is audio, or not UTF-8.",
  "not-utf8": "The body is in UTF-16, not in UTF-8.",
  "truncated-json": "The body begins like JSON and is not whole.",
  "unknown-message": "The body is a message of a type that is not known.",
  "another-request": "The body is about another request than that of the job.",
  "already-stored": "The body is about a request that is stored already.",
  "another-token": "The body is about a request that another token expects.",
  "message-too-large": "The message of a stream is too large.",
  "no-request-id": "The body has no request_id.",
  "not-an-object": "The body is JSON, but no object.",
  "not-json": "The body is not JSON.",
  empty: "The body is empty.",
} as const;

export type Unmatched = keyof typeof UNMATCHED;

/**
 * Why a body is not the result of any request, whichever URL it came to; null when it may be one. Of a body
 * that is not held in memory, its first bytes decide whether it is text.
 */
export function unmatchedReason(contentType: string, body: TakenBody): Unmatched | null {
  if (/^\s*audio\//i.test(contentType)) return "audio";
  if (body.isJson) return isUnknownMessage(body.json) ? "unknown-message" : null;
  const bytes = "held" in body.content ? body.content.held : body.head;
  if (bytes.length > 1 && utf16Of(bytes[0] as number, bytes[1] as number) !== null) {
    return "not-utf8";
  }
  const text = textOf(bytes, bytes.length === body.bytes);
  if (text === null) return "audio";
  return /^\uFEFF?[ \t\r\n]*[{[]/.test(text) ? "truncated-json" : null;
}

/** Null of bytes that are no text in UTF-8. */
function textOf(bytes: Uint8Array, isWhole: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: !isWhole,
    });
  } catch {
    return null;
  }
}
