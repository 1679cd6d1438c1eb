import type { FollowUpState } from "../catalogue/catalogue.ts";
import { midnightAfter } from "../catalogue/daily-messages.ts";
import type { Config } from "../config/config.ts";
import { type Effect, effectName } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { observe } from "../lib/log.ts";
import {
  backOffSeconds,
  type EffectMessage,
  MAX_DELAY_SECONDS,
  type Message,
} from "../queue/messages.ts";
import { deleteDeadLetter, saveDeadLetter } from "../store/dead-letters.ts";
import { closeEffect, type Ending, type Held } from "../store/effect-claims.ts";
import { type Outcome, troubleText } from "./channel.ts";

/** What is to become of the queue message. */
export type Settlement = { settle: "ack" } | { settle: "retry"; delaySeconds: number };

export const ACK: Settlement = { settle: "ack" };

/** For the entry to be closed before the message for the next part comes. */
const CLOSING_SECONDS = 2;

const USED_UP = "DAILY_MESSAGES is used up: it waits for midnight UTC";

/** What waited for midnight does not come all at once. */
const MIDNIGHT_SPREAD_SECONDS = 300;

/** Another attempt has claimed the effect, or has ended it: this one sends and writes nothing more. */
export class ClaimLost extends Error {
  override name = "ClaimLost";
}

export type Job = {
  env: Env;
  config: Config;
  work: EffectMessage;
  /** The planner has no message of the effect that could come again. */
  isPlanner: boolean;
};

/** What becomes of the message, and how the effect ended, if it has. */
export type Attempted = { settlement: Settlement; ended: FollowUpState | null };

/** Records how an attempt ended. Throws `ClaimLost`, and has written nothing, when it lost the claim. */
export async function recordOutcome(job: Job, entry: Held, outcome: Outcome): Promise<Attempted> {
  const settlement = await recordEnd(job, entry, outcome);
  const { result: state } = outcome;
  if (state === "more" || state === "retry") return { settlement, ended: null };
  return { settlement, ended: { id: entry.id, state, updatedAt: new Date().toISOString() } };
}

async function recordEnd(
  { env, config, work, isPlanner }: Job,
  entry: Held,
  outcome: Outcome,
): Promise<Settlement> {
  const { request_id: id, effect } = work;
  const { attempts } = entry;
  const isWell = ["done", "more", "cancelled"].includes(outcome.result);
  observe(env, isWell ? "info" : "warn", "effect", {
    request_id: id,
    effect: await loggedName(id, effect, config.signingKeys[0]),
    channel: effect.channel,
    attempt: attempts,
    outcome: outcome.result,
    reason: "error" in outcome ? outcome.error : undefined,
    // Here also for an end that R2 does not take: it tells what became of a message that is uncertain.
    message_id: outcome.result === "done" ? outcome.messageId : undefined,
    ms: Date.now() - Date.parse(entry.updatedAt),
  });
  switch (outcome.result) {
    case "done":
      await close(env, entry, work, {
        state: "done",
        messageId: outcome.messageId,
        status: outcome.status,
      });
      // A dead letter is for a person to look at: this work is done.
      await deleteDeadLetter(env.TRANSCRIPTS, work);
      if (effect.channel === "translate") await wakeWaiting(env, id);
      return ACK;
    case "more":
      // Before the entry is closed: should that fail, the next message takes over after the lease.
      await env.FOLLOW_UP_QUEUE.send(work satisfies Message, { delaySeconds: CLOSING_SECONDS });
      await close(env, entry, work, { state: "queued", progress: outcome.progress });
      return ACK;
    case "cancelled":
      await close(env, entry, work, { state: "cancelled", error: outcome.error });
      await deleteDeadLetter(env.TRANSCRIPTS, work);
      return ACK;
    case "failed":
    case "uncertain":
      await close(env, entry, work, {
        state: outcome.result,
        error: troubleText(outcome),
        status: outcome.status,
      });
      // After the outcome is recorded: if this fails, the message is redelivered and restores the dead letter.
      await saveDeadLetter(env.TRANSCRIPTS, work, {
        state: outcome.result,
        attempts,
        reason: troubleText(outcome),
      });
      if (effect.channel === "translate") await wakeWaiting(env, id);
      return ACK;
    case "retry": {
      const asked = outcome.retryAfterSeconds ?? 0;
      const delaySeconds = Math.min(Math.max(asked, backOffSeconds(attempts)), MAX_DELAY_SECONDS);
      const { isUnknown = false, status } = outcome;
      const error = troubleText(outcome);
      await close(env, entry, work, { state: "retrying", error, delaySeconds, isUnknown, status });
      if (!isPlanner) return { settle: "retry", delaySeconds };
      // Should that fail, the callback is planned again, and what is to be retried sent for.
      await env.FOLLOW_UP_QUEUE.send(work satisfies Message, { delaySeconds });
      return ACK;
    }
  }
}

/**
 * Its name with what tells its receivers apart within the transcript in place of a person's address.
 * There are too few phone numbers for a digest without a key.
 */
async function loggedName(id: RequestId, effect: Effect, key: string | undefined): Promise<string> {
  if (effect.channel !== "email" && effect.channel !== "sms") return effectName(effect);
  const digest = key === undefined ? "" : hex(await sha256(`${key} ${id} ${effect.to}`));
  return effectName({ ...effect, to: digest.slice(0, 8) });
}

/** The end of a translation is what others may wait for. */
export async function wakeWaiting(env: Env, id: RequestId): Promise<void> {
  await env.FOLLOW_UP_QUEUE.send({ type: "follow-ups", request_id: id } satisfies Message);
}

/** By a message of its own: the attempts of this one are not to be used up by waiting. */
export async function waitForMidnight({ env, work }: Job, entry: Held): Promise<void> {
  const now = Date.now();
  const until = midnightAfter(now);
  const seconds = Math.ceil((until - now) / 1_000 + Math.random() * MIDNIGHT_SPREAD_SECONDS);
  const delaySeconds = Math.min(seconds, MAX_DELAY_SECONDS);
  // Before the entry is closed: should that fail, the message takes over after the lease.
  await env.FOLLOW_UP_QUEUE.send(work satisfies Message, { delaySeconds });
  await close(env, entry, work, { state: "waiting", until, error: USED_UP });
  const { channel } = work.effect;
  observe(env, "warn", "effect", { request_id: work.request_id, channel, outcome: "waiting" });
}

async function close(
  { TRANSCRIPTS }: Env,
  entry: Held,
  { request_id: id }: EffectMessage,
  ending: Ending,
): Promise<void> {
  const isClosed = await closeEffect(TRANSCRIPTS, id, entry, ending, Date.now());
  if (!isClosed) throw new ClaimLost("another attempt has the effect");
}
