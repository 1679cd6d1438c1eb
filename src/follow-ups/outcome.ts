/**
 * How one attempt at an effect ended. `error` is for people: bounded, and free of secrets. What a
 * provider says in its own words stands behind a colon and a space.
 */
export type Outcome =
  | { result: "done" }
  /** A part is done; `progress` from 0 to 1 tells how much of the whole. */
  | { result: "more"; progress: number }
  /** `isUnknown`: it may have happened, and its key keeps it from happening twice, for a time. */
  | { result: "retry"; error: string; retryAfterSeconds?: number; isUnknown?: boolean }
  /** Trying again would not help. */
  | { result: "failed"; error: string }
  /** What it was about is not so any more: it is not to happen. */
  | { result: "cancelled"; error: string }
  /** It may or may not have happened, and to try again could make it happen twice. */
  | { result: "uncertain"; error: string };

/** What of an `error` is logged: a provider's own words may repeat what it was sent. */
export const loggable = (error: string): string => error.replace(/: .*/s, "");
