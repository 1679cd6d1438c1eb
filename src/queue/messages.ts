import * as z from "zod";
import { effect } from "../config/follow-ups.ts";
import { requestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import { type Steps, stepsWithin } from "../lib/timeout.ts";
import { deleteMarkers, listMarkers, putMarker } from "../store/outbox.ts";

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

/** For a hand-over that nothing else presses. */
const HAND_OVER_WITHIN_MS = 9_000;

/** Left for the marker after the queue has had its time. */
const MARKER_RESERVE_MS = 1_500;

/** As many as one run of the sweeper sends. */
const MAX_BATCHES_PER_RUN = 20;

/** The hand-over is the last of the steps. */
type HandOver = { steps?: Steps; delaySeconds?: number };

/**
 * Hands a message to the queue. When the queue does not take it, a marker in R2 keeps it for the
 * sweeper. Throws when neither holds it by the deadline. It may arrive twice.
 */
export async function handOver(
  env: Pick<Env, "FOLLOW_UP_QUEUE" | "TRANSCRIPTS">,
  work: Message,
  { steps = stepsWithin(HAND_OVER_WITHIN_MS), delaySeconds = 0 }: HandOver = {},
): Promise<void> {
  try {
    const sent = env.FOLLOW_UP_QUEUE.send(work, { delaySeconds });
    await steps.run(sent, MARKER_RESERVE_MS, "the queue");
  } catch (error) {
    log("warn", "queue.refused", { request_id: work.request_id, reason: reasonOf(error) });
    const dueAt = new Date(Date.now() + delaySeconds * 1_000).toISOString();
    await steps.run(putMarker(env.TRANSCRIPTS, work, dueAt), 0, "the outbox marker");
  } finally {
    steps.end();
  }
}

/** Sends what the outbox holds and removes each marker after its message was taken. */
export async function drainOutbox(
  env: Pick<Env, "FOLLOW_UP_QUEUE" | "TRANSCRIPTS">,
): Promise<number> {
  let drained = 0;
  for (let batch = 0; batch < MAX_BATCHES_PER_RUN; batch++) {
    const { markers, truncated } = await listMarkers(env.TRANSCRIPTS, BATCH_MESSAGES);
    if (markers.length === 0) break;
    // The consumer checks each message; one that it cannot read must not hold up the others here.
    const messages = markers.map(({ message, dueAt }) => ({
      body: message,
      delaySeconds: secondsUntil(dueAt),
    }));
    await env.FOLLOW_UP_QUEUE.sendBatch(messages);
    await deleteMarkers(env.TRANSCRIPTS, markers);
    drained += markers.length;
    if (!truncated) break;
  }
  return drained;
}

/** Whole seconds, no more than a queue delays; 0 for what is due, or has no time. */
function secondsUntil(time: string | undefined): number {
  const seconds = Math.ceil((Date.parse(time ?? "") - Date.now()) / 1_000);
  return Math.min(Math.max(seconds || 0, 0), MAX_DELAY_SECONDS);
}
