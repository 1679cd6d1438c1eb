import { isUnknownMessage } from "../deepgram/callback.ts";
import { utf16Of } from "../lib/json/utf16.ts";
import type { TakenBody } from "../store/take-body.ts";

/** Why a verified body is in quarantine, with the words for people. */
export const UNMATCHED = {
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
