import type { CatalogueChange } from "../catalogue/catalogue.ts";
import type { FollowUpState } from "../catalogue/follow-ups.ts";
import type { Config } from "../config/config.ts";
import { type Effect, effectName, waitsForTranslations } from "../config/effect.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { BATCH_MESSAGES, type Message } from "../queue/message.ts";
import { headCallback } from "../store/callbacks.ts";
import { NO_DETAILS } from "../store/details.ts";
import { removeEarlierDocuments } from "../store/earlier-documents.ts";
import { eraseAttachments } from "../store/erase.ts";
import { deleteExpectation, openExpectation } from "../store/expectations.ts";
import { listEntries, openEntry } from "../store/ledger.ts";
import { type Entry, isOfBody, isSettled, secondsUntilFree } from "../store/ledger-entry.ts";
import { factsOf } from "../store/open-body.ts";
import { type CallbackRecord, resultKind } from "../store/record.ts";
import { storeInsights, storeSegments } from "../store/segments-of.ts";
import { plan } from "./plan.ts";
import { admitEffects } from "./policy.ts";
import { succeed } from "./succession.ts";

/**
 * Brings the follow-ups of a stored or deleted callback up to date, and tells what the catalogue is
 * to say. May run any number of times for the same callback.
 */
export async function followUp(
  env: Env,
  config: Config,
  id: RequestId,
): Promise<CatalogueChange | null> {
  const record = await headCallback(env.TRANSCRIPTS, id);
  if (record === null) return null;
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
  await openAll(env.TRANSCRIPTS, id, effects);
  const isSuccessor = record.succession !== null;
  if (isSuccessor) {
    await succeed(env.TRANSCRIPTS, record, effects);
    await removeEarlierDocuments(env.TRANSCRIPTS, record);
  }
  // Without any the ledger is not listed, which is billed: what only a client asked for later is sent
  // again when it is asked for again, or retried.
  const followUps = effects.length > 0 || isSuccessor ? await sendDue(env, id, "free") : [];
  const details = (await openExpectation(env.TRANSCRIPTS, id))?.details ?? NO_DETAILS;
  return { change: "upsert", record, facts, details, followUps };
}

/**
 * Sends a message for every follow-up that is due, also where one was sent before: it may have been
 * lost, and of those that come the ledger lets one pass. The end of each translation calls this, so
 * that only `queued` ones are sent unless all that are `free` are wanted. Gives all there are.
 */
export async function sendDue(
  env: Env,
  id: RequestId,
  wanted: Wanted = "queued",
): Promise<FollowUpState[]> {
  const entries = await listEntries(env.TRANSCRIPTS, id);
  const events = await missingEvents(env.TRANSCRIPTS, id, entries);
  const updatedAt = new Date().toISOString();
  await openAll(env.TRANSCRIPTS, id, events);
  const messages = [
    ...dueEntries(entries, wanted, Date.now()).map(({ effect, generation }) => ({
      effect,
      generation,
    })),
    ...events.map((effect) => ({ effect, generation: 0 })),
  ].map((work) => ({ body: { type: "effect", request_id: id, ...work } satisfies Message }));
  for (let from = 0; from < messages.length; from += BATCH_MESSAGES) {
    await env.FOLLOW_UP_QUEUE.sendBatch(messages.slice(from, from + BATCH_MESSAGES));
  }
  const opened = events.map((effect) => ({ effect, state: "queued" as const, updatedAt }));
  return [...entries, ...opened];
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

async function openAll(bucket: R2Bucket, id: RequestId, effects: readonly Effect[]): Promise<void> {
  for (const effect of effects) await openEntry(bucket, id, effect, Date.now());
}

/** Which effects are sent for: those that are queued, or all that nobody is at. */
type Wanted = "queued" | "free";

/**
 * The effects of a ledger that can be done now: held by nobody, not put off, and waiting for no
 * translation.
 */
function dueEntries(entries: readonly Entry[], wanted: Wanted, now: number): Entry[] {
  const translated = entries.every(
    (entry) => entry.effect.channel !== "translate" || isSettled(entry),
  );
  const isFree = (entry: Entry) => !isSettled(entry) && secondsUntilFree(entry, now) === 0;
  // What waits for a time has a message that comes then.
  const isQueued = ({ state, notBefore }: Entry) =>
    state === "queued" && (notBefore === undefined || Date.parse(notBefore) <= now);
  const isWanted = (entry: Entry) => isQueued(entry) || (wanted === "free" && isFree(entry));
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
