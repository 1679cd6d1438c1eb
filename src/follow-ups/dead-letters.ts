import type * as z from "zod";
import { catalogueFollowUps, type FollowUpState } from "../catalogue/catalogue.ts";
import type { Config } from "../config/config.ts";
import { effectName } from "../config/follow-ups.ts";
import { observe } from "../lib/log.ts";
import { type EffectMessage, type Message, message } from "../queue/messages.ts";
import {
  restoreDeadLetter,
  saveDeadLetter,
  saveUnrecognizedMessage,
} from "../store/dead-letters.ts";
import { closeEffect, readEntry } from "../store/effect-claims.ts";
import { isSettled, secondsUntilFree } from "../store/effect-entry.ts";
import { repeatableForMs } from "./run-effect.ts";

/** The part of a queue message that work depends on; the body is checked before it is trusted. */
export type QueuedMessage = { id: string; attempts: number; body: unknown };

/** For the message of somebody else to come, once its time is there. */
const OTHERS_SECONDS = 300;

/**
 * Takes a message that the queue gave up, and says so in the ledger. Gives the seconds to wait when
 * another message for the same effect is just being worked on; 0 when all is done.
 */
export async function deadLetter(
  env: Env,
  config: Config,
  queued: QueuedMessage,
  now: number,
): Promise<number> {
  const { data: work } = message.safeParse(queued.body);
  const { waitSeconds, isKept, ended } = await deadLetterWork(env, config, queued, work, now);
  if (isKept) {
    observe(env, "error", "dead-letter", {
      message_id: queued.id,
      request_id: work?.request_id,
      outcome: work?.type ?? "stray",
    });
  }
  // Last: while D1 is away the message comes again, and finds the effect settled.
  if (work?.type === "effect" && ended !== null) {
    await catalogueFollowUps(env.CATALOGUE, work.request_id, [ended]);
  }
  return waitSeconds;
}

type Settled = { waitSeconds: number; isKept: boolean; ended: FollowUpState | null };

const SETTLED: Settled = { waitSeconds: 0, isKept: true, ended: null };

async function deadLetterWork(
  env: Env,
  config: Config,
  queued: QueuedMessage,
  work: z.infer<typeof message> | undefined,
  now: number,
): Promise<Settled> {
  const bucket = env.TRANSCRIPTS;
  if (work === undefined) {
    await saveUnrecognizedMessage(bucket, queued, "every attempt failed");
    return SETTLED;
  }
  if (work.type !== "effect") {
    const { attempts } = queued;
    await saveDeadLetter(bucket, work, { state: "dead", attempts, reason: "every attempt failed" });
    return SETTLED;
  }
  const settled = await deadLetterEffect(bucket, config, work, queued.attempts, now);
  // What waits for the end of a translation is not to wait for ever.
  if (settled.waitSeconds === 0 && work.effect.channel === "translate") {
    const wake: Message = { type: "follow-ups", request_id: work.request_id };
    await env.FOLLOW_UP_QUEUE.send(wake);
  }
  return settled;
}

async function deadLetterEffect(
  bucket: R2Bucket,
  config: Config,
  work: EffectMessage,
  attempts: number,
  now: number,
): Promise<Settled> {
  const { request_id: id, effect, generation } = work;
  const entry = await readEntry(bucket, id, effectName(effect));
  if (entry === null || isSettled(entry) || entry.generation !== generation) {
    const ended = entry?.generation === generation ? entry : null;
    if (ended !== null) await restoreDeadLetter(bucket, work, ended);
    return { waitSeconds: 0, isKept: false, ended };
  }
  // Another message for it may be alive, in a try or between two.
  const othersSeconds = entry.state === "running" ? 0 : OTHERS_SECONDS;
  const waitSeconds = secondsUntilFree(entry, now - othersSeconds * 1_000);
  if (waitSeconds > 0) return { waitSeconds, isKept: false, ended: null };
  // A dead letter may outlive every idempotency key.
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
  if (!isClosed) return { waitSeconds: OTHERS_SECONDS, isKept: false, ended: null };
  await saveDeadLetter(bucket, work, { state, attempts: most, reason });
  return { ...SETTLED, ended: { id: entry.id, state, updatedAt: new Date(now).toISOString() } };
}
