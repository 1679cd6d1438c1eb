import * as z from "zod";
import { effect } from "../config/effect.ts";
import { requestId } from "../deepgram/request-id.ts";

/** What travels in the queue: ids, never a transcript. */
export const message = z.discriminatedUnion("type", [
  // A callback was stored or deleted: bring the catalogue and the follow-ups up to date.
  z.object({ type: z.literal("callback"), request_id: requestId }),
  // Follow-ups were added, or one has ended that others wait for: send what is due.
  z.object({ type: z.literal("follow-ups"), request_id: requestId }),
  // The deadline of an expected callback may have passed.
  z.object({ type: z.literal("deadline"), request_id: requestId }),
  // One follow-up is to be done. A generation begins with each redrive by a person.
  z.object({
    type: z.literal("effect"),
    request_id: requestId,
    effect,
    generation: z.int().nonnegative().default(0),
  }),
]);

export type Message = z.input<typeof message>;

export type EffectMessage = Extract<z.infer<typeof message>, { type: "effect" }>;

/** A queue takes at most so many messages at once. */
export const BATCH_MESSAGES = 100;

/** The longest that a queue delays a message. */
export const MAX_DELAY_SECONDS = 86_400;

const FIRST_DELAY_SECONDS = 10;
const MAX_BACK_OFF_SECONDS = 3_600;

/**
 * Seconds to wait after attempt number `attempts` (from 1) failed: doubling from 10 s to an hour,
 * half of it at random (`random` from 0 to 1), so that what failed together is not tried together.
 */
export function backOffSeconds(attempts: number, random: number = Math.random()): number {
  const delay = Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), MAX_BACK_OFF_SECONDS);
  return Math.ceil(delay / 2 + (delay / 2) * random);
}
