import { log } from "../log.ts";
import { deadLetterKey } from "../store/keys.ts";
import { effectName } from "./effect.ts";
import { closeEffect, isSettled, readEntry, secondsUntilFree } from "./ledger.ts";
import { message } from "./message.ts";
import type { QueuedMessage } from "./queued-message.ts";

/** Keeps work that will not be tried again by itself. Once per message, however often it comes. */
export async function keepDeadLetter(
  bucket: R2Bucket,
  { id, body, attempts }: QueuedMessage,
  reason: string,
): Promise<void> {
  const letter = { message: body, attempts, reason, died_at: new Date().toISOString() };
  await bucket.put(deadLetterKey(id), JSON.stringify(letter), {
    httpMetadata: { contentType: "application/json" },
  });
}

/**
 * Takes a message that the queue gave up, and says so in the ledger. Gives the seconds to wait when
 * another message for the same effect is just being worked on; 0 when all is done.
 */
export async function bury(bucket: R2Bucket, queued: QueuedMessage, now: number): Promise<number> {
  await keepDeadLetter(bucket, queued, "every attempt failed");
  const { data: work } = message.safeParse(queued.body);
  log("error", "dead-letter", { message_id: queued.id, request_id: work?.request_id });
  if (work?.type !== "effect") return 0;
  const entry = await readEntry(bucket, work.request_id, effectName(work.effect));
  if (entry === null || isSettled(entry)) return 0;
  if (entry.state === "running" && secondsUntilFree(entry, now) > 0) {
    return secondsUntilFree(entry, now);
  }
  await closeEffect(bucket, work.request_id, entry, { state: "dead" }, now);
  return 0;
}
