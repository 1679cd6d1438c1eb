import { log, reasonOf } from "../lib/log.ts";
import { type Deadline, deadlineIn, timeout } from "../lib/timeout.ts";
import { deleteMarkers, listMarkers, putMarker } from "../store/outbox.ts";
import { BATCH_MESSAGES, MAX_DELAY_SECONDS, type Message } from "./message.ts";

/** For a hand-over that nothing else presses. */
const HAND_OVER_WITHIN_MS = 9_000;

/** Left for the marker after the queue has had its time. */
const MARKER_RESERVE_MS = 1_500;

/** As many as one run of the sweeper sends. */
const MAX_BATCHES_PER_RUN = 20;

type HandOver = { deadline?: Deadline; delaySeconds?: number };

/**
 * Hands a message to the queue. When the queue does not take it, a marker in R2 keeps it for the
 * sweeper. Throws when neither holds it by the deadline. It may arrive twice.
 */
export async function handOver(
  env: Pick<Env, "FOLLOW_UP_QUEUE" | "TRANSCRIPTS">,
  work: Message,
  { deadline = deadlineIn(HAND_OVER_WITHIN_MS), delaySeconds = 0 }: HandOver = {},
): Promise<void> {
  try {
    const sent = env.FOLLOW_UP_QUEUE.send(work, { delaySeconds });
    await timeout(sent, deadline.msLeft() - MARKER_RESERVE_MS, "the queue");
  } catch (error) {
    log("warn", "queue.refused", { request_id: work.request_id, reason: reasonOf(error) });
    const dueAt = new Date(Date.now() + delaySeconds * 1_000).toISOString();
    await timeout(putMarker(env.TRANSCRIPTS, work, dueAt), deadline.msLeft(), "the outbox marker");
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
