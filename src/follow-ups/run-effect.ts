import type { Config } from "../config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../digest.ts";
import { reasonOf } from "../log.ts";
import { observe } from "../observe/observe.ts";
import { headCallback } from "../store/callbacks.ts";
import type { CallbackRecord } from "../store/record.ts";
import { backOffSeconds } from "./back-off.ts";
import { dropLetter, keepLetter } from "./dead-letters.ts";
import { type Effect, effectName } from "./effect.ts";
import { type Claim, claimEffect, closeEffect, type Ending } from "./ledger.ts";
import type { EffectMessage, Message } from "./message.ts";
import { loggable, type Outcome } from "./outcome.ts";
import { perform, repeatableForMs } from "./perform.ts";
import { subjectOf } from "./subject.ts";
import { isMoot } from "./succession.ts";

/** What is to become of the queue message. */
export type Settlement = { settle: "ack" } | { settle: "retry"; delaySeconds: number };

type Mine = Extract<Claim, { claim: "mine" | "abandoned" }>["entry"];

/** For the entry to be closed before the message for the next part comes. */
const CLOSING_SECONDS = 2;

const ACK: Settlement = { settle: "ack" };

const ABANDONED: Outcome = {
  result: "uncertain",
  error: "whoever sent it died before recording the end",
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
  const { request_id: id, effect, generation } = work;
  const subject = await subjectOf(env.TRANSCRIPTS, id, effect);
  if (subject === null) return ACK;
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
      if (claim.isDone) await dropLetter(env.TRANSCRIPTS, work);
      if (effect.channel === "translate") await wakeWaiting(env, id);
      return ACK;
    case "busy":
      return { settle: "retry", delaySeconds: claim.retryInSeconds };
    case "abandoned":
      return settle({ env, config, work }, claim.entry, ABANDONED);
    case "mine": {
      const key = await keyOf(id, name, claim.entry.timesDone);
      if (subject.is === "stored" && isMoot(effect, subject.record)) {
        return settle({ env, config, work }, claim.entry, MOOT);
      }
      const attempt = { env, config, subject, generation, key };
      // What throws does so before anything is sent.
      const outcome = await perform(effect, attempt).catch(
        // Not the words of a provider: it is logged whole.
        (error: unknown): Outcome => ({
          result: "retry",
          error: reasonOf(error).replaceAll(": ", ", "),
        }),
      );
      const isOutdated =
        isTranslation && outcome.result === "done" && !(await isCurrent(env, subject.record));
      return settle({ env, config, work }, claim.entry, isOutdated ? ANEW : outcome);
    }
  }
}

/** Whether a body is still the current one: one that took its place is to be translated too. */
async function isCurrent({ TRANSCRIPTS }: Env, record: CallbackRecord): Promise<boolean> {
  const current = await headCallback(TRANSCRIPTS, record.requestId);
  return current?.state === "deleted" || current?.sha256 === record.sha256;
}

/**
 * What was done and is wanted again is a new sending, which its receiver must not take for the one it
 * has had. What failed may have reached its receiver all the same: there the key stays.
 */
async function keyOf(id: RequestId, name: string, timesDone: number): Promise<string> {
  const again = timesDone === 0 ? "" : ` ${timesDone}`;
  return hex(await sha256(`${id} ${name}${again}`));
}

async function settle(
  { env, config, work }: { env: Env; config: Config; work: EffectMessage },
  entry: Mine,
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
    reason: "error" in outcome ? loggable(outcome.error) : undefined,
    ms: Date.now() - Date.parse(entry.updatedAt),
  });
  const close = (ending: Ending) => closeEffect(env.TRANSCRIPTS, id, entry, ending, Date.now());
  switch (outcome.result) {
    case "done":
      await close({ state: "done" });
      // A letter tells of what a person has still to look at.
      await dropLetter(env.TRANSCRIPTS, work);
      if (effect.channel === "translate") await wakeWaiting(env, id);
      return ACK;
    case "more":
      // Before the entry is closed: should that fail, the next message takes over after the lease.
      await env.FOLLOW_UP_QUEUE.send(work satisfies Message, { delaySeconds: CLOSING_SECONDS });
      await close({ state: "queued", progress: outcome.progress });
      return ACK;
    case "cancelled":
      await close({ state: "cancelled", error: outcome.error });
      await dropLetter(env.TRANSCRIPTS, work);
      return ACK;
    case "failed":
    case "uncertain":
      await keepLetter(env.TRANSCRIPTS, work, {
        state: outcome.result,
        attempts,
        reason: outcome.error,
      });
      await close({ state: outcome.result, error: outcome.error });
      if (effect.channel === "translate") await wakeWaiting(env, id);
      return ACK;
    case "retry": {
      const asked = outcome.retryAfterSeconds ?? 0;
      const delaySeconds = Math.max(asked, backOffSeconds(attempts));
      const { error, isUnknown = false } = outcome;
      await close({ state: "retrying", error, delaySeconds, isUnknown });
      return { settle: "retry", delaySeconds };
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
