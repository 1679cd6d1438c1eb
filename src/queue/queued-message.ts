/** The part of a queue message that work depends on; the body is checked before it is trusted. */
export type QueuedMessage = Pick<Message<unknown>, "id" | "attempts" | "body">;
