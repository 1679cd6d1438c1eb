import type { Route } from "../route.ts";
import { type Answer, problemAnswer, problemExample, shared } from "./answers.ts";

const UNAVAILABLE = [
  problemExample(503, "storage_unavailable", "The storage does not answer at the moment."),
  problemExample(
    503,
    "not_configured",
    "API_TOKENS has no usable entry: the API is closed. /health names what is wrong.",
  ),
];

/** Of an operation that needs more to be configured. */
export const unavailable = (description: string, ...details: string[]) =>
  problemAnswer(
    description,
    [...UNAVAILABLE, ...details.map((detail) => problemExample(503, "not_configured", detail))],
    { headers: ["Retry-After"] },
  );

/** Of every operation that takes a token. */
export const TOO_MANY_INVALID_TOKENS = problemExample(
  429,
  "too_many_invalid_tokens",
  "Too many invalid API tokens came from this address. Wait a minute.",
);

/** The answers of operations that ask for a token, and of those that take JSON. */
export const GUARD_ANSWERS = {
  Unauthorized: problemAnswer(
    "The token is missing or not valid.",
    [
      problemExample(
        401,
        "invalid_token",
        "A valid API token is needed: Authorization: Bearer TOKEN.",
      ),
    ],
    { headers: ["WWW-Authenticate"] },
  ),
  Forbidden: problemAnswer(
    "The token has not the scope that is asked for.",
    [problemExample(403, "missing_scope", "The token has not the scope admin.")],
    { headers: ["WWW-Authenticate"] },
  ),
  TooManyRequests: problemAnswer(
    "The token has made too many requests; or its address has sent more than 30 tokens that nobody has within a minute. A valid token is never refused for the latter.",
    [
      problemExample(429, "too_many_requests", "The token has made too many requests."),
      TOO_MANY_INVALID_TOKENS,
    ],
    { headers: ["Retry-After"] },
  ),
  Unexpected: problemAnswer("A fault of this Worker.", [
    problemExample(500, "internal_error", "Something went wrong here; the log has the reason."),
  ]),
  Unavailable: unavailable("The storage does not answer, or no API tokens are configured."),
  BodyTooLarge: problemAnswer("The body has more than 65,536 bytes.", [
    problemExample(413, "body_too_large", "The body has more than 65536 bytes."),
  ]),
} satisfies Record<string, Answer>;

/** What is answered whenever a token is asked for. */
export const guards = (scope: Route["scope"]): Record<string, Answer> =>
  scope === null
    ? {}
    : {
        401: shared("Unauthorized"),
        403: shared("Forbidden"),
        429: shared("TooManyRequests"),
        500: shared("Unexpected"),
        503: shared("Unavailable"),
      };
