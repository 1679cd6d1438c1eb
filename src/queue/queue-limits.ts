/** A queue takes at most so many messages at once. */
export const BATCH_MESSAGES = 100;

/** The longest that a queue delays a message. */
export const MAX_DELAY_SECONDS = 86_400;
