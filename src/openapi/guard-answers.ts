import { problem, told } from "./answers.ts";
import type { Answer } from "./specification.ts";

const UNAVAILABLE = ["The storage does not answer at the moment.", "No API tokens are configured."];

/** Of an operation that needs more to be configured. */
export const unavailable = (description: string, ...details: string[]) =>
  problem(
    description,
    [...UNAVAILABLE, ...details].map((detail) => told(503, "Service Unavailable", detail)),
    { headers: ["Retry-After"] },
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
    "The token has made too many requests.",
    [told(429, "Too Many Requests", "The token has made too many requests.")],
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
