import * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";
import { effect } from "./effect.ts";

/** What travels in the queue: ids, never a transcript. */
export const message = z.discriminatedUnion("type", [
  // A callback was stored or deleted: bring the catalogue and the follow-ups up to date.
  z.object({ type: z.literal("callback"), request_id: requestId }),
  // One follow-up is to be done.
  z.object({ type: z.literal("effect"), request_id: requestId, effect }),
]);

export type Message = z.infer<typeof message>;
