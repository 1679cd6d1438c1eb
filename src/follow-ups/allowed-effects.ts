import type { Config } from "../config/config.ts";
import type { Effect } from "../config/follow-ups.ts";
import { allowsRecipient, asciiAddress } from "../config/recipients.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { addAskedLanguages, readAskedLanguages } from "../store/translations.ts";

/** The settings that decide which follow-ups a request may ask for. */
export type Policy = Pick<Config, "followUps" | "recipients" | "maxTranslations">;

/** `reason` is for people, and names the setting. */
export type Refused = { effect: Effect; reason: string };

type Decided = { allowed: Effect[]; refused: Refused[] };

/** Why something is not done again. */
export const RECIPIENT_REFUSED = "its recipient is not within RECIPIENTS";

const NOT_A_RECIPIENT = "is not within RECIPIENTS";

/**
 * Why nothing may be sent to the receiver of an effect, in words that follow its address; null when it
 * may. Recipients in `FOLLOW_UPS` are always allowed. Webhooks are the operator's own.
 */
export function recipientProblem(effect: Effect, policy: Policy): string | null {
  if (effect.channel !== "email" && effect.channel !== "sms") return null;
  const { channel, to } = effect;
  const isConfigured = policy.followUps.notify.some(
    (one) => one.channel === channel && isSameReceiver(one.to, to),
  );
  return isConfigured || allowsRecipient(policy.recipients, { channel, to })
    ? null
    : NOT_A_RECIPIENT;
}

/** `asked` are the languages that count for this request already: those stay. */
export function withinPolicy(
  effects: readonly Effect[],
  policy: Policy,
  asked: readonly string[],
): Decided {
  const languages = new Set(asked.filter((language) => isCounted(language, policy)));
  const decided: Decided = { allowed: [], refused: [] };
  for (const effect of effects) {
    const reason =
      effect.channel === "translate"
        ? languageProblem(effect.to, policy, languages)
        : recipientProblem(effect, policy);
    if (reason === null) decided.allowed.push(effect);
    else decided.refused.push({ effect, reason });
  }
  return decided;
}

/**
 * Decides which of the effects asked for one request may be entered in the ledger, and counts their
 * languages. With `isAllOrNone` nothing is counted when one is refused. Safe when several ask at the
 * same time. Throws when R2 does not answer.
 */
export async function admitEffects(
  bucket: R2Bucket,
  id: RequestId,
  effects: readonly Effect[],
  policy: Policy,
  { isAllOrNone }: { isAllOrNone: boolean },
): Promise<Decided> {
  if (countedLanguages(effects, policy).length === 0) return withinPolicy(effects, policy, []);
  while (true) {
    const asked = await readAskedLanguages(bucket, id);
    const decided = withinPolicy(effects, policy, asked.languages);
    const counted = countedLanguages(decided.allowed, policy);
    const fresh = counted.filter((language) => !asked.languages.includes(language));
    const isRefused = isAllOrNone && decided.refused.length > 0;
    if (isRefused || fresh.length === 0) return decided;
    if (await addAskedLanguages(bucket, id, asked, fresh)) return decided;
  }
}

/** Counts the language in `languages` if there is room for it. */
function languageProblem(language: string, policy: Policy, languages: Set<string>): string | null {
  const { maxTranslations } = policy;
  if (!isCounted(language, policy) || languages.has(language)) return null;
  if (languages.size >= maxTranslations) {
    return `is beyond MAX_TRANSLATIONS, ${maxTranslations} for one request`;
  }
  languages.add(language);
  return null;
}

const isCounted = (language: string, { followUps }: Policy): boolean =>
  !followUps.translate.includes(language);

const countedLanguages = (effects: readonly Effect[], policy: Policy): string[] =>
  effects.flatMap((effect) =>
    effect.channel === "translate" && isCounted(effect.to, policy) ? [effect.to] : [],
  );

const isSameReceiver = (one: string, other: string): boolean =>
  one === other || (one.includes("@") && asciiAddress(one) === asciiAddress(other));
