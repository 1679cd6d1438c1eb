/** The condition of an R2 put that succeeds only where there is no object yet: the first one wins. */
export const CREATE_ONLY = { etagDoesNotMatch: "*" } satisfies R2Conditional;
