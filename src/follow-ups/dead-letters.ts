import * as z from "zod";
import type { Config } from "../config/config.ts";
import { effectName } from "../config/effect.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { observe } from "../lib/observe.ts";
import { type EffectMessage, type Message, message } from "../queue/message.ts";
import type { QueuedMessage } from "../queue/queued-message.ts";
import { CREATE_ONLY } from "../store/create-only.ts";
import {
  DEAD_LETTERS_PREFIX,
  deadLetterKey,
  deadLettersPrefix,
  strayLetterKey,
} from "../store/keys.ts";
import { closeEffect, readEntry } from "../store/ledger.ts";
import { type Entry, isSettled, secondsUntilFree } from "../store/ledger-entry.ts";
import { repeatableForMs } from "./perform.ts";

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

const kept = z.object({
  message: z.unknown(),
  state: z.enum(["failed", "dead", "uncertain"]),
  attempts: z.number(),
  reason: z.string(),
  died_at: z.iso.datetime(),
});

/** For the message of somebody else to come, once its time is there. */
const OTHERS_SECONDS = 300;

type Death = Pick<DeadLetter, "state" | "attempts" | "reason">;

/** Keeps a letter for our own work: one for each effect, the last. */
export async function keepLetter(
  bucket: R2Bucket,
  work: z.infer<typeof message>,
  death: Death,
): Promise<void> {
  await put(bucket, deadLetterKey(work.request_id, workName(work)), work, death);
}

/**
 * Keeps the letter of an effect whose entry says that it was given up, unless there is one: whoever
 * closed the entry may have died before. One that was put away comes back only if its message does.
 */
export async function restoreLetter(
  bucket: R2Bucket,
  work: EffectMessage,
  { state, attempts, lastError }: Entry,
): Promise<void> {
  if (state !== "failed" && state !== "dead" && state !== "uncertain") return;
  const key = deadLetterKey(work.request_id, workName(work));
  const death = { state, attempts, reason: lastError || "every attempt failed" };
  if ((await bucket.head(key)) === null) await put(bucket, key, work, death, CREATE_ONLY);
}

/** Keeps what is not one of our messages. Once for each, however often it comes. */
export async function keepStray(
  bucket: R2Bucket,
  { id, body, attempts }: QueuedMessage,
  reason: string,
): Promise<void> {
  await put(bucket, strayLetterKey(id), body, { state: "dead", attempts, reason });
}

/** Removes the letter of an effect that was done after all. */
export async function dropLetter(bucket: R2Bucket, work: EffectMessage): Promise<void> {
  await bucket.delete(deadLetterKey(work.request_id, workName(work)));
}

/** Puts letters away for good. False when there is none of these ids. */
export async function dismissLetters(bucket: R2Bucket, ids: string[]): Promise<boolean> {
  const keys = ids.map((id) => DEAD_LETTERS_PREFIX + id);
  const found = await Promise.all(keys.map((key) => bucket.head(key)));
  await bucket.delete(keys);
  return found.some((letter) => letter !== null);
}

/**
 * A page of letters, of one request or of all, in the order of their keys; `cursor` is the last id of
 * the page before.
 */
export async function listLetters(
  bucket: R2Bucket,
  { request_id, limit, cursor }: { request_id?: RequestId; limit: number; cursor?: string },
): Promise<{ letters: DeadLetter[]; next_cursor: string | null }> {
  const page = await bucket.list({
    prefix: request_id === undefined ? DEAD_LETTERS_PREFIX : deadLettersPrefix(request_id),
    limit,
    ...(cursor !== undefined && { startAfter: DEAD_LETTERS_PREFIX + cursor }),
  });
  const ids = page.objects.map(({ key }) => key.slice(DEAD_LETTERS_PREFIX.length));
  const letters = await readLetters(bucket, ids);
  return { letters, next_cursor: page.truncated ? (ids.at(-1) ?? null) : null };
}

/** The letters of these ids that there are. */
export async function readLetters(bucket: R2Bucket, ids: string[]): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const id of new Set(ids)) {
    const letter = await readLetter(bucket, id);
    if (letter !== null) letters.push(letter);
  }
  return letters;
}

/** One letter; null when there is none of this id. */
export async function readLetter(bucket: R2Bucket, id: string): Promise<DeadLetter | null> {
  const object = await bucket.get(DEAD_LETTERS_PREFIX + id);
  if (object === null) return null;
  const { message, ...death } = kept.parse(await object.json());
  return { id, message, ...death };
}

/**
 * Takes a message that the queue gave up, and says so in the ledger. Gives the seconds to wait when
 * another message for the same effect is just being worked on; 0 when all is done.
 */
export async function bury(
  env: Env,
  config: Config,
  queued: QueuedMessage,
  now: number,
): Promise<number> {
  const { data: work } = message.safeParse(queued.body);
  const { waitSeconds, isKept } = await buryWork(env, config, queued, work, now);
  if (isKept) {
    observe(env, "error", "dead-letter", {
      message_id: queued.id,
      request_id: work?.request_id,
      outcome: work?.type ?? "stray",
    });
  }
  return waitSeconds;
}

type Burial = { waitSeconds: number; isKept: boolean };

const BURIED: Burial = { waitSeconds: 0, isKept: true };

async function buryWork(
  env: Env,
  config: Config,
  queued: QueuedMessage,
  work: z.infer<typeof message> | undefined,
  now: number,
): Promise<Burial> {
  const bucket = env.TRANSCRIPTS;
  if (work === undefined) {
    await keepStray(bucket, queued, "every attempt failed");
    return BURIED;
  }
  if (work.type !== "effect") {
    const { attempts } = queued;
    await keepLetter(bucket, work, { state: "dead", attempts, reason: "every attempt failed" });
    return BURIED;
  }
  const burial = await buryEffect(bucket, config, work, queued.attempts, now);
  // What waits for the end of a translation is not to wait for ever.
  if (burial.waitSeconds === 0 && work.effect.channel === "translate") {
    const wake: Message = { type: "follow-ups", request_id: work.request_id };
    await env.FOLLOW_UP_QUEUE.send(wake);
  }
  return burial;
}

async function buryEffect(
  bucket: R2Bucket,
  config: Config,
  work: EffectMessage,
  attempts: number,
  now: number,
): Promise<Burial> {
  const { request_id: id, effect, generation } = work;
  const entry = await readEntry(bucket, id, effectName(effect));
  if (entry === null || isSettled(entry) || entry.generation !== generation) {
    if (entry?.generation === generation) await restoreLetter(bucket, work, entry);
    return { waitSeconds: 0, isKept: false };
  }
  // Another message for it may be alive, in a try or between two.
  const othersSeconds = entry.state === "running" ? 0 : OTHERS_SECONDS;
  const waitSeconds = secondsUntilFree(entry, now - othersSeconds * 1_000);
  if (waitSeconds > 0) return { waitSeconds, isKept: false };
  // A letter may lie longer than any key holds.
  const isUnknown =
    (entry.state === "running" || entry.unknownSince !== undefined) &&
    Number.isFinite(repeatableForMs(work.effect, { config }));
  const state = isUnknown ? "uncertain" : "dead";
  const reason = entry.lastError || "every attempt failed";
  const most = Math.max(attempts, entry.attempts);
  const end = isUnknown
    ? ({ state: "uncertain", error: reason } as const)
    : ({ state: "dead" } as const);
  const isClosed = await closeEffect(bucket, id, entry, end, now);
  // Somebody has the effect after all: look again when they have ended.
  if (!isClosed) return { waitSeconds: OTHERS_SECONDS, isKept: false };
  await keepLetter(bucket, work, { state, attempts: most, reason });
  return BURIED;
}

const workName = (work: z.infer<typeof message>): string =>
  work.type === "effect" ? effectName(work.effect) : work.type;

async function put(
  bucket: R2Bucket,
  key: string,
  message: unknown,
  death: Death,
  onlyIf?: R2Conditional,
): Promise<void> {
  const letter = { message, ...death, died_at: new Date().toISOString() };
  await bucket.put(key, JSON.stringify(letter), {
    ...(onlyIf && { onlyIf }),
    httpMetadata: { contentType: "application/json" },
  });
}
