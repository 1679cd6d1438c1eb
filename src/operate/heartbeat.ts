import * as z from "zod";
import { storeHeartbeat } from "../catalogue/signals.ts";
import { observe } from "../lib/observe.ts";

/** A queue message whose only content is when it was sent, in milliseconds since 1970. */
export const heartbeat = z.object({ type: z.literal("heartbeat"), sent_at: z.number() });

/** Takes a message if it is a heartbeat: its age is that of the queue. Never throws. */
export async function takeHeartbeat(env: Env, body: unknown, now: number): Promise<boolean> {
  const { data } = heartbeat.safeParse(body);
  if (data === undefined) return false;
  const age_seconds = (now - data.sent_at) / 1_000;
  observe(env, "info", "queue", { outcome: "heartbeat", age_seconds });
  await storeHeartbeat(env.CATALOGUE, data.sent_at);
  return true;
}
