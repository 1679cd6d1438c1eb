/** How one attempt at an effect ended. `error` is for people: bounded, and free of secrets. */
export type Outcome =
  | { result: "done" }
  | { result: "retry"; error: string; retryAfterSeconds?: number }
  // Trying again would not help.
  | { result: "failed"; error: string };
