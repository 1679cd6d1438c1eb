import { type Effect, effect, effectName } from "../config/follow-ups.ts";
import { type Held, listEntries, openEntry, reopenEffect } from "../store/effect-claims.ts";
import { isOfBody, isSettled } from "../store/effect-entry.ts";
import { type CallbackRecord, resultKind } from "../store/record.ts";
import { listTranslation } from "../store/translations.ts";

type EventEffect = Extract<Effect, { event: string }>;

/** Whether an effect is about what a request was, before another body became the current one. */
export function isMoot(effect: Effect, record: CallbackRecord): boolean {
  if (effect.channel === "translate") return resultKind(record) !== "transcript";
  const revision = record.succession?.revision ?? 0;
  switch (effect.event) {
    // Notify that it was overdue even if it has arrived since.
    case "transcript.overdue":
      return false;
    case "transcript.received":
    case "transcript.failed":
      return effect.event !== `transcript.${record.state}`;
    case "transcript.updated":
      return effect.revision !== revision;
    case "translation.completed":
      return resultKind(record) !== "transcript" || (effect.revision ?? 0) !== revision;
  }
}

/**
 * Brings the ledger of a request up to date once another body has become the current one. `planned` is
 * what the body itself calls for. What is moot is cancelled when its message comes. May be repeated.
 */
export async function succeed(
  bucket: R2Bucket,
  record: CallbackRecord,
  planned: readonly Effect[],
): Promise<void> {
  const { requestId: id } = record;
  const now = Date.now();
  const entries = await listEntries(bucket, id);
  const owed = new Map([...planned, ...owedTo(record, entries, planned)].map(named));
  const known = new Set(entries.map((entry) => effectName(entry.effect)));
  for (const [name, each] of owed) if (!known.has(name)) await openEntry(bucket, id, each, now);
  for (const entry of entries.filter((each) => !isMoot(each.effect, record))) {
    const isDue =
      entry.state === "cancelled" ||
      isStale(entry, record) ||
      (await isLost(bucket, entry, record));
    if (isDue) await reopenEffect(bucket, id, entry, now, true);
  }
}

/**
 * Everyone who was due a notification of the other state gets one of this state, once. If the request
 * was in this state before, only webhooks are notified, by an update; people get no second message.
 */
function owedTo(
  { state, succession }: CallbackRecord,
  entries: readonly Held[],
  planned: readonly Effect[],
): Effect[] {
  if (succession === null) return [];
  const { revision, replaced, states } = succession;
  const notices = [...entries.map(({ effect }) => effect), ...planned].filter(isAboutState);
  const ofState = notices.map((each) => effect.parse({ ...each, event: `transcript.${state}` }));
  if (!states.includes(state)) return ofState;
  const endpoints = new Set(
    notices.flatMap(({ channel, to }) => (channel === "webhook" ? to : [])),
  );
  const updates = [...endpoints].map((to) =>
    effect.parse({ channel: "webhook", to, event: "transcript.updated", revision, replaced }),
  );
  return [...ofState, ...updates];
}

const named = (effect: Effect): [string, Effect] => [effectName(effect), effect];

const isAboutState = (effect: Effect): effect is EventEffect =>
  "event" in effect &&
  (effect.event === "transcript.received" || effect.event === "transcript.failed");

/** A translation that was made and is gone: its body was removed as an earlier document, and promoted. */
async function isLost(
  bucket: R2Bucket,
  { effect, state }: Held,
  record: CallbackRecord,
): Promise<boolean> {
  if (effect.channel !== "translate" || state !== "done") return false;
  const parts = await listTranslation(bucket, record, effect.to);
  return !parts.at(-1)?.last;
}

/** A translation of a body that is not the current one any more. What is queued takes the current one. */
const isStale = (entry: Held, record: CallbackRecord): boolean =>
  entry.effect.channel === "translate" &&
  (isSettled(entry) || entry.state === "running") &&
  !isOfBody(entry, record);
