/** What a request can be, as the contract names it. */
export const STATES = ["expected", "live", "received", "failed", "overdue", "deleted"] as const;

export type State = (typeof STATES)[number];
