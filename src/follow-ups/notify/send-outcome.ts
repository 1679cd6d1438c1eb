import type { Outcome } from "../outcome.ts";

/** How one attempt at sending ended; `reference` is the provider's own id of the message. */
export type SendOutcome =
  | { result: "done"; reference?: string }
  | Exclude<Outcome, { result: "done" } | { result: "more" }>;
