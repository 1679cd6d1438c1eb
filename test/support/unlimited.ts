/** Limiters that limit nobody: all callers of a test have one address. */
export const UNLIMITED: Partial<Env> = {
  API_RATE_LIMIT: { limit: async () => ({ success: true }) },
  GUESS_RATE_LIMIT: { limit: async () => ({ success: true }) },
};
