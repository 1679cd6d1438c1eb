/** Limiters that limit nobody: all callers of the tests have one address. */
export const UNLIMITED: Pick<Env, "API_RATE_LIMIT" | "GUESS_RATE_LIMIT"> = {
  API_RATE_LIMIT: { limit: async () => ({ success: true }) },
  GUESS_RATE_LIMIT: { limit: async () => ({ success: true }) },
};
