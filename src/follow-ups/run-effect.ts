import { countMessage, midnightAfter } from "../catalogue/alarm-signals.ts";
import { catalogueFollowUps, type FollowUpState } from "../catalogue/catalogue.ts";
import type { Config } from "../config/config.ts";
import { type Effect, effectName } from "../config/effect.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { log, observe, reasonOf } from "../lib/log.ts";
import {
  backOffSeconds,
  type EffectMessage,
  MAX_DELAY_SECONDS,
  type Message,
} from "../queue/messages.ts";
import { headCallback } from "../store/callbacks.ts";
import { deleteDeadLetter, restoreDeadLetter, saveDeadLetter } from "../store/dead-letters.ts";
import { claimEffect, closeEffect, type Ending, type Held } from "../store/effect-claims.ts";
import type { CallbackRecord } from "../store/record.ts";
import {
  ClaimLost,
  confirmClaim,
  type Outcome,
  type Subject,
  subjectOf,
  troubleText,
} from "./channel.ts";
import { perform, repeatableForMs } from "./perform.ts";
import { recipientProblem } from "./plan.ts";
import { isMoot } from "./succession.ts";

/** What is to become of the queue message. */
export type Settlement = { settle: "ack" } | { settle: "retry"; delaySeconds: number };

/** For the entry to be closed before the message for the next part comes. */
const CLOSING_SECONDS = 2;

const ACK: Settlement = { settle: "ack" };

/** For who has taken the effect over to end it, or to die: its message comes again until then. */
const CLAIM_LOST: Settlement = { settle: "retry", delaySeconds: 30 };

const USED_UP = "DAILY_MESSAGES is used up: it waits for midnight UTC";

/** What waited for midnight does not come all at once. */
const MIDNIGHT_SPREAD_SECONDS = 300;

const ABANDONED: Outcome = {
  result: "uncertain",
  error: "the sender died before recording the outcome",
};

const MOOT: Outcome = {
  result: "cancelled",
  error: "another result has taken the place of the one it was about",
};

const ANEW: Outcome = { result: "more", progress: 0 };

/** Makes one attempt at an effect, unless the ledger says that it is done or being done. */
export async function runEffect(
  env: Env,
  config: Config,
  work: EffectMessage,
): Promise<Settlement> {
  try {
    const { settlement, ended } = await claimAndAttempt({ env, config, work, isPlanner: false });
    // Nothing else waits for D1; while it is away the message comes again, and finds the effect settled.
    if (ended !== null) await catalogueFollowUps(env.CATALOGUE, work.request_id, [ended]);
    return settlement;
  } catch (error) {
    if (!(error instanceof ClaimLost)) throw error;
    log("warn", "effect.claim-lost", {
      request_id: work.request_id,
      channel: work.effect.channel,
    });
    return CLAIM_LOST;
  }
}

/**
 * Makes the first attempt at an effect that its planner has opened and claimed in one write. Gives its end
 * for the catalogue, null where it has none yet: a message brings the next attempt. Throws `ClaimLost` when
 * another attempt has the effect; then, or when R2 or the queue does not answer, plan the request again.
 */
export async function runOpened(
  env: Env,
  config: Config,
  work: EffectMessage,
  entry: Held,
  subject: Subject,
): Promise<FollowUpState | null> {
  return (await attempt({ env, config, work, isPlanner: true }, entry, subject)).ended;
}

type Job = {
  env: Env;
  config: Config;
  work: EffectMessage;
  /** The planner has no message of the effect that could come again. */
  isPlanner: boolean;
};

/** What becomes of the message, and how the effect ended, if it has. */
type Attempted = { settlement: Settlement; ended: FollowUpState | null };

async function claimAndAttempt(job: Job): Promise<Attempted> {
  const { env, config, work } = job;
  const { request_id: id, effect, generation } = work;
  const subject = await subjectOf(env.TRANSCRIPTS, id, effect);
  if (subject === null) return { settlement: ACK, ended: null };
  const name = effectName(effect);
  const isTranslation = effect.channel === "translate" && subject.is === "stored";
  const wanted = {
    name,
    generation,
    repeatableForMs: repeatableForMs(effect, { config }),
    ...(isTranslation && { body: subject.record.sha256 }),
  };
  const claim = await claimEffect(env.TRANSCRIPTS, id, wanted, Date.now());
  switch (claim.claim) {
    case "settled":
      // The delivery before may have died between the end and what comes after it.
      if (claim.ended?.state === "done") await deleteDeadLetter(env.TRANSCRIPTS, work);
      else if (claim.ended !== null) await restoreDeadLetter(env.TRANSCRIPTS, work, claim.ended);
      if (effect.channel === "translate") await wakeWaiting(env, id);
      return { settlement: ACK, ended: claim.ended };
    case "busy":
      return { settlement: { settle: "retry", delaySeconds: claim.retryInSeconds }, ended: null };
    case "abandoned":
      return settle(job, claim.entry, ABANDONED);
    case "mine":
      return attempt(job, claim.entry, subject);
  }
}

async function attempt(job: Job, claimed: Held, subject: Subject): Promise<Attempted> {
  const { env, config, work } = job;
  const { request_id: id, effect, generation } = work;
  if (subject.is === "stored" && isMoot(effect, subject.record)) return settle(job, claimed, MOOT);
  // The settings may have changed since it was planned: what waits in the queue obeys them too.
  const refusal = recipientProblem(effect, config);
  if (refusal !== null) {
    return settle(job, claimed, { result: "failed", error: `the recipient ${refusal}` });
  }
  const entry = await countedToday(job, claimed);
  if (entry === null) {
    await waitForMidnight(job, claimed);
    return { settlement: ACK, ended: null };
  }
  const key = await keyOf(id, effectName(effect), entry.timesDone);
  const confirm = confirmClaim(env.TRANSCRIPTS, id, entry);
  const outcome = await perform(effect, { env, config, subject, generation, key, confirm }).catch(
    // What throws does so before anything is sent.
    retryAfter,
  );
  const isOutdated =
    effect.channel === "translate" &&
    subject.is === "stored" &&
    outcome.result === "done" &&
    !(await isCurrent(env, subject.record));
  return settle(job, entry, isOutdated ? ANEW : outcome);
}

/** Whether a body is still the current one: one that took its place is to be translated too. */
async function isCurrent({ TRANSCRIPTS }: Env, record: CallbackRecord): Promise<boolean> {
  const current = await headCallback(TRANSCRIPTS, record.requestId);
  return current?.state === "deleted" || current?.sha256 === record.sha256;
}

/** An e-mail or a text counts once a day, however often it is tried. Null when today's are used up. */
async function countedToday({ env, config }: Job, entry: Held): Promise<Held | null> {
  const { channel } = entry.effect;
  if (channel !== "email" && channel !== "sms") return entry;
  const now = Date.now();
  const countedOn = new Date(now).toISOString().slice(0, 10);
  // What may have been sent on an earlier day is not another message.
  if (entry.countedOn === countedOn || entry.unknownSince !== undefined) return entry;
  const isWithin = await countMessage(env.CATALOGUE, config.dailyMessages, now);
  return isWithin ? { ...entry, countedOn } : null;
}

/** By a message of its own: the attempts of this one are not to be used up by waiting. */
async function waitForMidnight({ env, work }: Job, entry: Held): Promise<void> {
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

/** Our own error, not the words of a provider: it is logged whole. */
function retryAfter(error: unknown): Outcome {
  if (error instanceof ClaimLost) throw error;
  return { result: "retry", error: reasonOf(error) };
}

/**
 * What was done and is wanted again is a new sending, which its receiver must not take for the one it
 * has had. What failed may have reached its receiver all the same: there the key stays.
 */
async function keyOf(id: RequestId, name: string, timesDone: number): Promise<string> {
  const again = timesDone === 0 ? "" : ` ${timesDone}`;
  return hex(await sha256(`${id} ${name}${again}`));
}

/** Records the end of an attempt. Throws `ClaimLost`, and has written nothing, when it lost the claim. */
async function settle(job: Job, entry: Held, outcome: Outcome): Promise<Attempted> {
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
async function wakeWaiting(env: Env, id: RequestId): Promise<void> {
  await env.FOLLOW_UP_QUEUE.send({ type: "follow-ups", request_id: id } satisfies Message);
}
