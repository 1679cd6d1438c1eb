import * as z from "zod";
import { type Effect, effectName } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { CREATE_ONLY, retryRateLimited } from "./bucket.ts";
import type { Entry } from "./effect-entry.ts";
import {
  DEAD_LETTERS_PREFIX,
  deadLetterKey,
  deadLettersPrefix,
  unrecognizedMessageKey,
} from "./keys.ts";

/** Work that will not be tried again by itself. */
export type DeadLetter = {
  /** The end of its key: what a person names it by. */
  id: string;
  message: unknown;
  /** What the ledger says of its effect; `dead` for other messages. */
  state: "failed" | "dead" | "uncertain";
  attempts: number;
  reason: string;
  /** ISO 8601, UTC. */
  died_at: string;
};

// One that a newer version wrote must not hide the others: what is not known of it is left out.
const kept = z.object({
  message: z.unknown(),
  state: z.enum(["failed", "dead", "uncertain"]).catch("dead"),
  attempts: z.number().catch(0),
  reason: z.string().catch("unknown: a newer version of the Worker wrote it"),
  died_at: z.iso.datetime().nullable().catch(null),
});

/** A message of the queue: what a dead letter is about. */
type Work = { request_id: RequestId; type: string; effect?: Effect };

type Death = Pick<DeadLetter, "state" | "attempts" | "reason">;

/** Stores a dead letter for our own work: one for each effect, the last. */
export async function saveDeadLetter(bucket: R2Bucket, work: Work, death: Death): Promise<void> {
  await put(bucket, deadLetterKey(work.request_id, workName(work)), work, death);
}

/**
 * Stores the dead letter of an effect whose entry says that it was given up, unless there is one: the
 * consumer that closed the entry may have died before. A dismissed one comes back only with its message.
 */
export async function restoreDeadLetter(
  bucket: R2Bucket,
  work: Work,
  { state, attempts, lastError }: Entry,
): Promise<void> {
  if (state !== "failed" && state !== "dead" && state !== "uncertain") return;
  const key = deadLetterKey(work.request_id, workName(work));
  const death = { state, attempts, reason: lastError || "every attempt failed" };
  if ((await bucket.head(key)) === null) await put(bucket, key, work, death, CREATE_ONLY);
}

/** Keeps what is not one of our messages. Once for each, however often it comes. */
export async function saveUnrecognizedMessage(
  bucket: R2Bucket,
  { id, body, attempts }: { id: string; body: unknown; attempts: number },
  reason: string,
): Promise<void> {
  await put(bucket, unrecognizedMessageKey(id), body, { state: "dead", attempts, reason });
}

/** Removes the dead letter of work that was done after all, or that the queue has again. */
export async function deleteDeadLetter(bucket: R2Bucket, work: Work): Promise<void> {
  await bucket.delete(deadLetterKey(work.request_id, workName(work)));
}

/** Dismisses dead letters for good. False when there is none with these ids. */
export async function dismissDeadLetters(bucket: R2Bucket, ids: string[]): Promise<boolean> {
  const keys = ids.map((id) => DEAD_LETTERS_PREFIX + id);
  const found = await Promise.all(keys.map((key) => bucket.head(key)));
  await bucket.delete(keys);
  return found.some((deadLetter) => deadLetter !== null);
}

/**
 * A page of dead letters, of one request or of all, in the order of their keys; `cursor` is the last id of
 * the page before.
 */
export async function listDeadLetters(
  bucket: R2Bucket,
  { request_id, limit, cursor }: { request_id?: RequestId; limit: number; cursor?: string },
): Promise<{ deadLetters: DeadLetter[]; next_cursor: string | null }> {
  const page = await bucket.list({
    prefix: request_id === undefined ? DEAD_LETTERS_PREFIX : deadLettersPrefix(request_id),
    limit,
    ...(cursor !== undefined && { startAfter: DEAD_LETTERS_PREFIX + cursor }),
  });
  const ids = page.objects.map(({ key }) => key.slice(DEAD_LETTERS_PREFIX.length));
  const deadLetters = await readDeadLetters(bucket, ids);
  return { deadLetters, next_cursor: page.truncated ? (ids.at(-1) ?? null) : null };
}

/** The dead letters with these ids that exist. */
export async function readDeadLetters(bucket: R2Bucket, ids: string[]): Promise<DeadLetter[]> {
  const deadLetters: DeadLetter[] = [];
  for (const id of new Set(ids)) {
    const deadLetter = await readDeadLetter(bucket, id);
    if (deadLetter !== null) deadLetters.push(deadLetter);
  }
  return deadLetters;
}

/** One dead letter; null when there is none with this id. */
export async function readDeadLetter(bucket: R2Bucket, id: string): Promise<DeadLetter | null> {
  const object = await bucket.get(DEAD_LETTERS_PREFIX + id);
  if (object === null) return null;
  const { message, ...death } = kept.parse(await object.json());
  return { id, message, ...death, died_at: death.died_at ?? object.uploaded.toISOString() };
}

/** How many dead letters there are, up to 1,000. */
export async function countDeadLetters(bucket: R2Bucket): Promise<number> {
  return (await bucket.list({ prefix: DEAD_LETTERS_PREFIX })).objects.length;
}

const workName = (work: Work): string =>
  work.effect === undefined ? work.type : effectName(work.effect);

async function put(
  bucket: R2Bucket,
  key: string,
  message: unknown,
  death: Death,
  onlyIf?: R2Conditional,
): Promise<void> {
  const value = { message, ...death, died_at: new Date().toISOString() };
  await retryRateLimited(() =>
    bucket.put(key, JSON.stringify(value), {
      ...(onlyIf && { onlyIf }),
      httpMetadata: { contentType: "application/json" },
    }),
  );
}
