import type { Outcome } from "../outcome.ts";

/** How one attempt at sending ended. */
export type SendOutcome = Exclude<Outcome, { result: "more" }>;
