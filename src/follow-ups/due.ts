import { type Effect, waitsForTranslations } from "../config/effect.ts";
import { type Entry, isOfBody, isSettled, secondsUntilFree } from "../store/ledger-entry.ts";
import type { CallbackRecord } from "../store/record.ts";

/** Which effects are sent for: those that are queued, or all that nobody is at. */
export type Wanted = "queued" | "free";

/**
 * The effects of a ledger that can be done now: held by nobody, not put off, and waiting for no
 * translation.
 */
export function dueEntries(entries: readonly Entry[], wanted: Wanted, now: number): Entry[] {
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

/** Whether a translation has ended of which webhooks may be told. */
export const isTranslated = ({ effect, state }: Entry): boolean =>
  effect.channel === "translate" && state === "done";

/**
 * What finished translations of the current body call for: every webhook that is told of the
 * transcript hears of each.
 */
export function translationEvents(
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
