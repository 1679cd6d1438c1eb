/** What a request can be, as the contract names it. Node reads this file too: it knows no types of Workers. */
export const STATES = ["expected", "live", "received", "failed", "overdue", "deleted"] as const;

export type State = (typeof STATES)[number];
