import { MAX_DATABASE_BYTES } from "../catalogue/size.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { probe } from "../store/alarms.ts";
import { measureOutbox } from "../store/outbox.ts";

/** Whether a store answered, and after how many milliseconds. */
export type Probe = { reachable: boolean; ms: number };

export type StorageHealth = {
  r2: Probe;
  /** With the size of the database in bytes; null when it does not answer. */
  d1: Probe & { bytes: number | null; max_bytes: number };
  kv: Probe;
  /** What the queue refused, of at most 1,000 messages; null when R2 does not answer. */
  outbox: { messages: number; oldest_seconds: number } | null;
  /** Null where the platform does not say. */
  queues: { follow_ups: QueueBacklog | null; dead_letters: QueueBacklog | null };
};

/** Messages in a queue, and for how long the oldest has waited; null where that is not known. */
export type QueueBacklog = { messages: number; oldest_seconds: number | null };

const WITHIN_MS = 3_000;

/** Asks each store for something small. Never throws. */
export async function askStorage(env: Env, now: number): Promise<StorageHealth> {
  const [r2, d1, kv, outbox, follow_ups, dead_letters] = await Promise.all([
    ask(probe(env.TRANSCRIPTS)),
    askDatabase(env.CATALOGUE),
    ask(env.SETTINGS.get("health")),
    timeout(measureOutbox(env.TRANSCRIPTS, now), WITHIN_MS, "R2").catch(() => null),
    measureQueue(env.FOLLOW_UP_QUEUE, now),
    measureQueue(env.DEAD_LETTER_QUEUE, now),
  ]);
  return { r2, d1, kv, outbox, queues: { follow_ups, dead_letters } };
}

/** Asks a queue for its backlog; null when it does not answer. Never throws. */
export async function measureQueue(queue: Queue, now: number): Promise<QueueBacklog | null> {
  try {
    const metrics = await timeout(queue.metrics(), WITHIN_MS, "the queue");
    const { backlogCount, oldestMessageTimestamp } = metrics;
    // It is 1970 where nothing waits.
    const oldest = new Date(oldestMessageTimestamp ?? 0).getTime();
    const oldest_seconds = oldest > 0 ? Math.max(Math.round((now - oldest) / 1_000), 0) : null;
    return { messages: backlogCount, oldest_seconds };
  } catch (error) {
    log("warn", "queue.unmeasured", { reason: reasonOf(error) });
    return null;
  }
}

async function askDatabase(db: D1Database): Promise<StorageHealth["d1"]> {
  let bytes: number | null = null;
  const asked = db.prepare("SELECT 1 FROM transcripts LIMIT 1").run();
  const probe = await ask(
    asked.then(({ meta }) => {
      bytes = meta.size_after;
    }),
  );
  return { ...probe, bytes, max_bytes: MAX_DATABASE_BYTES };
}

async function ask(work: Promise<unknown>): Promise<Probe> {
  const started = Date.now();
  const reachable = await timeout(work, WITHIN_MS, "it").then(
    () => true,
    () => false,
  );
  return { reachable, ms: Date.now() - started };
}
