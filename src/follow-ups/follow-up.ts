import type { CatalogueChange, FollowUpState } from "../catalogue/catalogue.ts";
import type { Config } from "../config/config.ts";
import { type Effect, effectName, waitsForTranslations } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { MAX_HELD_BYTES } from "../lib/held-bytes.ts";
import {
  BATCH_MESSAGES,
  type EffectMessage,
  MAX_DELAY_SECONDS,
  type Message,
} from "../queue/messages.ts";
import { headCallback, openCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/content.ts";
import { NO_DETAILS } from "../store/details.ts";
import { type Held, listEntries, openClaimed, openEntry } from "../store/effect-claims.ts";
import { type Entry, isOfBody, isSettled, secondsUntilFree } from "../store/effect-entry.ts";
import { eraseAttachments } from "../store/erase.ts";
import { deleteExpectation, openExpectation } from "../store/expectations.ts";
import { removeEarlierDocuments } from "../store/promote.ts";
import { type CallbackRecord, resultKind } from "../store/record.ts";
import { storeInsights, storeSegments } from "../store/stored-segments.ts";
import { admitEffects } from "./allowed-effects.ts";
import type { Subject } from "./channel.ts";
import { plan } from "./plan.ts";
import { succeed } from "./replaced-body.ts";

/** Runs effects in the place of a message for each. */
export type Runner = {
  /** Whether an effect would start at once. */
  hasRoom: () => boolean;
  /** Starts the first attempt at an effect, which holds the claim of its entry. */
  run: (work: EffectMessage, claimed: Held, subject: Subject) => void;
};

/** Bodies up to this size are read once, for the plan and the catalogue: a batch has ten. */
const MAX_READ_BYTES = 524_288;

/**
 * Brings the follow-ups of a stored or deleted callback up to date, and tells what the catalogue is
 * to say. May run any number of times for the same callback. With a `runner`, effects that nothing has to
 * wait for are claimed as they are opened, and run by it.
 */
export async function followUp(
  env: Env,
  config: Config,
  id: RequestId,
  runner: Runner | null = null,
): Promise<CatalogueChange | null> {
  const found = await openCallback(env.TRANSCRIPTS, id);
  if (found === null) return null;
  const { record, object } = found;
  const isRead =
    record.state === "received" &&
    record.kind === "transcript" &&
    record.bodyKey === null &&
    record.bytes <= MAX_READ_BYTES;
  const body = isRead ? await object.arrayBuffer() : await object.body.cancel();
  if (record.state === "deleted") {
    await eraseAttachments(env.TRANSCRIPTS, record);
    await deleteExpectation(env.TRANSCRIPTS, id);
    const { deletedAt, firstReceivedAt } = record;
    return { change: "erase", requestId: id, deletedAt, firstReceivedAt };
  }
  const facts = await factsOf(env.TRANSCRIPTS, record);
  const planned = plan(resultKind(record), facts.extra, config.followUps).effects;
  const { allowed: effects } = await admitEffects(env.TRANSCRIPTS, id, planned, config, {
    isAllOrNone: false,
  });
  // Translations read the segments from there.
  await storeSegments(env.TRANSCRIPTS, record);
  await storeInsights(env.TRANSCRIPTS, record);
  const isSuccessor = record.succession !== null;
  // The segments of a large body take a while: what is known of it may have changed.
  const isRunning = !isSuccessor && record.bytes <= MAX_HELD_BYTES;
  const subject: Subject = { is: "stored", requestId: id, record, facts };
  const opened = await openAll(env, subject, effects, isRunning ? runner : null);
  if (isSuccessor) {
    await succeed(env.TRANSCRIPTS, record, effects);
    await removeEarlierDocuments(env.TRANSCRIPTS, record);
  }
  // The ledger is listed, which is billed, only where more may be in it: what a client asked for later is
  // sent again when it is asked for again, or retried.
  const isKnown =
    !isSuccessor && !effects.some(waitsForTranslations) && opened.every((entry) => entry !== null);
  const followUps = isKnown
    ? await sendOpened(env, id, opened)
    : await sendDue(env, id, "all", new Set(opened.flatMap((entry) => entry?.etag ?? [])));
  const details = (await openExpectation(env.TRANSCRIPTS, id))?.details ?? NO_DETAILS;
  return { change: "upsert", record, facts, details, followUps, ...(body && { body }) };
}

/**
 * Enters effects. Those that nothing has to wait for are started by the runner while it has room. Gives
 * the entries, null for one that had been entered before.
 */
async function openAll(
  { TRANSCRIPTS }: Env,
  subject: Subject,
  effects: readonly Effect[],
  runner: Runner | null,
): Promise<(Held | null)[]> {
  const { requestId: id } = subject;
  const mayRun = !effects.some(({ channel }) => channel === "translate");
  const entries: (Held | null)[] = [];
  for (const effect of effects) {
    // A translation that a client has asked for is in the ledger alone.
    const runs = mayRun && !waitsForTranslations(effect) && runner?.hasRoom() ? runner : null;
    const open = runs === null ? openEntry : openClaimed;
    const entry = await open(TRANSCRIPTS, id, effect, Date.now());
    entries.push(entry);
    if (entry !== null) runs?.run(messageOf(id, entry), entry, subject);
  }
  return entries;
}

/** Sends the messages of effects that have just been opened, which are all there are. */
async function sendOpened(
  env: Env,
  id: RequestId,
  opened: readonly Held[],
): Promise<FollowUpState[]> {
  await sendMessages(env, dueEntries(opened, "queued", Date.now()).map(messageFor(id)));
  return [...opened];
}

/**
 * Sends a message for every follow-up that is due, also where one was sent before: it may have been
 * lost, and of those that come the ledger lets one pass. The end of each translation calls this, so
 * that only `queued` ones are sent unless `all` are wanted. Those with an etag in `own` are being run by
 * the caller. Gives all there are.
 */
export async function sendDue(
  env: Env,
  id: RequestId,
  wanted: Wanted = "queued",
  own: ReadonlySet<string> = new Set(),
): Promise<FollowUpState[]> {
  const entries = await listEntries(env.TRANSCRIPTS, id);
  const events = await missingEvents(env.TRANSCRIPTS, id, entries);
  const now = Date.now();
  const opened: Held[] = [];
  for (const event of events) {
    const entry = await openEntry(env.TRANSCRIPTS, id, event, now);
    if (entry !== null) opened.push(entry);
  }
  const due = dueEntries(entries, wanted, now).filter(
    ({ state, etag }) => state !== "running" || !own.has(etag),
  );
  await sendMessages(env, [...due, ...opened].map(messageFor(id)));
  return [...entries, ...opened];
}

const messageOf = (id: RequestId, { effect, generation }: Entry): EffectMessage => ({
  type: "effect",
  request_id: id,
  effect,
  generation,
});

/** The message of an effect, for when it may be claimed. */
const messageFor =
  (id: RequestId) =>
  (entry: Entry): MessageSendRequest<Message> => {
    const delaySeconds = Math.min(secondsUntilFree(entry, Date.now()), MAX_DELAY_SECONDS);
    return { body: messageOf(id, entry), ...(delaySeconds > 0 && { delaySeconds }) };
  };

async function sendMessages(
  { FOLLOW_UP_QUEUE }: Env,
  messages: readonly MessageSendRequest<Message>[],
): Promise<void> {
  for (let from = 0; from < messages.length; from += BATCH_MESSAGES) {
    await FOLLOW_UP_QUEUE.sendBatch(messages.slice(from, from + BATCH_MESSAGES));
  }
}

/** What finished translations call for that is not in the ledger. */
async function missingEvents(
  bucket: R2Bucket,
  id: RequestId,
  entries: readonly Entry[],
): Promise<Effect[]> {
  if (!entries.some(isTranslated)) return [];
  const record = await headCallback(bucket, id);
  if (record?.state !== "received") return [];
  const known = new Set(entries.map(({ effect }) => effectName(effect)));
  return translationEvents(entries, record).filter((effect) => !known.has(effectName(effect)));
}

/** Which effects are sent for: those that are queued, or all that have not ended. */
type Wanted = "queued" | "all";

/**
 * The effects of a ledger that can be done, waiting for no translation: now, or, where all are wanted,
 * after the lease of an attempt or the pause before the next one, since who was at it may have died.
 */
function dueEntries(entries: readonly Held[], wanted: Wanted, now: number): Held[] {
  const translated = entries.every(
    (entry) => entry.effect.channel !== "translate" || isSettled(entry),
  );
  const isOpen = (entry: Entry) => !isSettled(entry) && entry.state !== "queued";
  // What waits for a time has a message that comes then.
  const isQueued = ({ state, notBefore }: Entry) =>
    state === "queued" && (notBefore === undefined || Date.parse(notBefore) <= now);
  const isWanted = (entry: Entry) => isQueued(entry) || (wanted === "all" && isOpen(entry));
  return entries.filter(
    (entry) => isWanted(entry) && (translated || !waitsForTranslations(entry.effect)),
  );
}

/** Whether a translation has ended that webhooks may be notified of. */
const isTranslated = ({ effect, state }: Entry): boolean =>
  effect.channel === "translate" && state === "done";

/**
 * The effects that finished translations of the current body call for: every webhook that is notified
 * of the transcript is notified of each translation.
 */
function translationEvents(
  entries: readonly Entry[],
  record: Pick<CallbackRecord, "sha256" | "succession">,
): Effect[] {
  const languages = entries
    .filter((entry) => isTranslated(entry) && isOfBody(entry, record))
    .map(({ effect }) => effect.to);
  const { revision = 0 } = record.succession ?? {};
  const endpoints = entries.flatMap(({ effect }) =>
    effect.channel === "webhook" && effect.event === "transcript.received" ? [effect.to] : [],
  );
  return endpoints.flatMap((to) =>
    languages.map(
      (language): Effect => ({
        channel: "webhook",
        to,
        event: "translation.completed",
        language,
        ...(revision > 0 && { revision }),
      }),
    ),
  );
}
