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
