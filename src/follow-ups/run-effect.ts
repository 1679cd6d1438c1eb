import { catalogueFollowUps, type FollowUpState } from "../catalogue/catalogue.ts";
import { countMessage } from "../catalogue/daily-messages.ts";
import type { Config } from "../config/config.ts";
import { type Effect, effectName } from "../config/follow-ups.ts";
import type { Setting, TranslatorSettings } from "../config/providers.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { log, reasonOf } from "../lib/log.ts";
import type { EffectMessage } from "../queue/messages.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/content.ts";
import { deleteDeadLetter, restoreDeadLetter } from "../store/dead-letters.ts";
import { claimEffect, type Held, holdsClaim } from "../store/effect-claims.ts";
import { maySend } from "../store/effect-entry.ts";
import { readExpectation } from "../store/expectations.ts";
import type { CallbackRecord } from "../store/record.ts";
import { recipientProblem } from "./allowed-effects.ts";
import type { Attempt, Outcome, Subject } from "./channel.ts";
import { sendEmail } from "./notify/email/send-email.ts";
import { notifyPhone } from "./notify/sms/notify-phone.ts";
import { notifyWebhook } from "./notify/webhook.ts";
import {
  ACK,
  type Attempted,
  ClaimLost,
  type Job,
  recordOutcome,
  type Settlement,
  waitForMidnight,
  wakeWaiting,
} from "./record-outcome.ts";
import { isMoot } from "./replaced-body.ts";
import { deepl } from "./translate/providers/deepl.ts";
import { libreTranslate } from "./translate/providers/libretranslate.ts";
import type { Translator } from "./translate/providers/translator.ts";
import { workersAi } from "./translate/providers/workers-ai.ts";
import { translate } from "./translate/translate.ts";

/**
 * Its keys hold for 24 hours; an hour is left for the attempt.
 * https://resend.com/docs/dashboard/emails/idempotency-keys
 */
const RESEND_REPEATABLE_MS = 82_800_000;

/** For who has taken the effect over to end it, or to die: its message comes again until then. */
const CLAIM_LOST: Settlement = { settle: "retry", delaySeconds: 30 };

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
      return recordOutcome(job, claim.entry, ABANDONED);
    case "mine":
      return attempt(job, claim.entry, subject);
  }
}

async function attempt(job: Job, claimed: Held, subject: Subject): Promise<Attempted> {
  const { env, config, work } = job;
  const { request_id: id, effect, generation } = work;
  if (subject.is === "stored" && isMoot(effect, subject.record))
    return recordOutcome(job, claimed, MOOT);
  // The settings may have changed since it was planned: what waits in the queue obeys them too.
  const refusal = recipientProblem(effect, config);
  if (refusal !== null) {
    return recordOutcome(job, claimed, { result: "failed", error: `the recipient ${refusal}` });
  }
  const entry = await countedToday(job, claimed);
  if (entry === null) {
    await waitForMidnight(job, claimed);
    return { settlement: ACK, ended: null };
  }
  const key = await keyOf(id, effectName(effect), entry.timesDone);
  const confirm = confirmClaim(env.TRANSCRIPTS, id, entry);
  const outcome = await callChannel(effect, {
    env,
    config,
    subject,
    generation,
    key,
    confirm,
  }).catch(
    // What throws does so before anything is sent.
    retryAfter,
  );
  const isOutdated =
    effect.channel === "translate" &&
    subject.is === "stored" &&
    outcome.result === "done" &&
    !(await isCurrent(env, subject.record));
  return recordOutcome(job, entry, isOutdated ? ANEW : outcome);
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

/** Null when there is nothing left that the effect could be about. Throws when R2 does not answer. */
async function subjectOf(
  bucket: R2Bucket,
  requestId: RequestId,
  effect: Effect,
): Promise<Subject | null> {
  const record = await headCallback(bucket, requestId);
  if (record?.state === "deleted") return null;
  // Notify that it was overdue even if it has arrived since.
  const isOverdue = "event" in effect && effect.event === "transcript.overdue";
  if (record !== null && !isOverdue) {
    return { is: "stored", requestId, record, facts: await factsOf(bucket, record) };
  }
  const expectation = await readExpectation(bucket, requestId);
  return expectation && { is: "missing", requestId, expectation };
}

/** `Attempt.confirm` of the attempt that holds an entry. */
const confirmClaim =
  (bucket: R2Bucket, id: RequestId, held: Held): Attempt["confirm"] =>
  async () => {
    if (!(await holdsClaim(bucket, id, held)))
      throw new ClaimLost("another attempt has the effect");
    // After the read: that may have taken long.
    if (!maySend(held, Date.now())) throw new Error("no time is left to send it in this attempt");
  };

/** Has the channel of an effect make an attempt. Throws when R2 does not answer. */
async function callChannel(effect: Effect, attempt: Attempt): Promise<Outcome> {
  const { env, config, subject, confirm } = attempt;
  switch (effect.channel) {
    case "webhook":
      return notifyWebhook(effect, attempt);
    case "email":
      return sendEmail(effect, attempt);
    case "sms":
      return notifyPhone(effect, attempt);
    case "translate": {
      const translator = translatorOf(env, config.providers.translator);
      if ("missing" in translator) {
        const error = `no translator is configured: ${translator.missing} is missing or wrong`;
        return { result: "failed", error };
      }
      if (subject.is === "missing") return { result: "failed", error: "there is no transcript" };
      return translate(env.TRANSCRIPTS, subject.record, translator, effect.to, confirm);
    }
  }
}

/**
 * For how many milliseconds after an attempt whose end nobody knows it may be made again: the receiver
 * or the provider knows it by its key, or what has been done of it is kept. 0: never.
 */
export const repeatableForMs = (
  { channel }: Effect,
  { config }: Pick<Attempt, "config">,
): number => {
  const { email } = config.providers;
  switch (channel) {
    case "webhook":
    case "translate":
      return Number.POSITIVE_INFINITY;
    case "email":
      return email.ok && email.provider === "resend" ? RESEND_REPEATABLE_MS : 0;
    case "sms":
      return 0;
  }
};

/** The translator that is configured, or what is missing of it. */
function translatorOf(
  env: Pick<Env, "AI">,
  settings: Setting<TranslatorSettings>,
): Translator | { missing: string } {
  if (!settings.ok) return settings;
  switch (settings.provider) {
    case "workers-ai":
      return workersAi(env.AI, settings.model);
    case "libretranslate":
      return libreTranslate(settings);
    case "deepl":
      return deepl(settings);
  }
}
