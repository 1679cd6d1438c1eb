import { problemResponse } from "../http/problem.ts";
import type { DeliveryResult } from "./receive.ts";
import { UNMATCHED, type Unmatched } from "./unmatched.ts";

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
