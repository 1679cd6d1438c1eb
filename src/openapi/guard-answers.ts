import { problem, told } from "./answers.ts";
import type { Answer } from "./specification.ts";

const UNAVAILABLE = [
  "The storage does not answer at the moment.",
  "API_TOKENS has no usable entry: the API is closed. /health names what is wrong.",
];

/** Of an operation that needs more to be configured. */
export const unavailable = (description: string, ...details: string[]) =>
  problem(
    description,
    [...UNAVAILABLE, ...details].map((detail) => told(503, "Service Unavailable", detail)),
    { headers: ["Retry-After"] },
  );

/** Of every operation that takes a token. */
export const TOO_MANY_INVALID_TOKENS = told(
  429,
  "Too Many Requests",
  "Too many invalid API tokens came from this address. Wait a minute.",
);

/** The answers of operations that ask for a token, and of those that take JSON. */
export const GUARD_ANSWERS = {
  Unauthorized: problem(
    "The token is missing or not valid.",
    [told(401, "Unauthorized", "A valid API token is needed: Authorization: Bearer TOKEN.")],
    { headers: ["WWW-Authenticate"] },
  ),
  Forbidden: problem(
    "The token has not the scope that is asked for.",
    [told(403, "Forbidden", "The token has not the scope admin.")],
    { headers: ["WWW-Authenticate"] },
  ),
  TooManyRequests: problem(
    "The token has made too many requests; or its address has sent more than 30 tokens that nobody has within a minute. A valid token is never refused for the latter.",
    [
      told(429, "Too Many Requests", "The token has made too many requests."),
      TOO_MANY_INVALID_TOKENS,
    ],
    { headers: ["Retry-After"] },
  ),
  Unexpected: problem("A fault of this Worker.", [
    told(500, "Internal Server Error", "Something went wrong here; the log has the reason."),
  ]),
  Unavailable: unavailable("The storage does not answer, or no API tokens are configured."),
  BodyTooLarge: problem("The body has more than 65,536 bytes.", [
    told(413, "Content Too Large", "The body has more than 65536 bytes."),
  ]),
} satisfies Record<string, Answer>;
