import type { Config } from "../config/config.ts";
import {
  type Effect,
  effect,
  effectName,
  type FollowUps,
  type Notification,
} from "../config/effect.ts";
import { allowsRecipient, asciiAddress } from "../config/recipients.ts";
import type { Facts, Kind } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { addAskedLanguages, readAskedLanguages } from "../store/translations.ts";

/** What is to follow, and in words for people what of it cannot be done. */
export type Plan = { effects: Effect[]; problems: string[] };

const CHANNELS = ["webhook", "email", "sms"] as const;
const NOTHING: FollowUps = { translate: [], notify: [] };
const MAX_SHOWN_CHARS = 64;
/** Of each list that a request asks with. */
const MAX_ASKED = 20;

/**
 * What a stored callback calls for: that which is configured for every transcript, and what the
 * request asked for in its `extra` (`translate`, `notify_webhook`, `notify_email`, `notify_sms`, each
 * a comma-separated list). With `follow_ups` of `none` in its `extra` nothing configured follows. Each
 * effect comes once; a directive that is wrong stops no other. Only transcripts are translated: `kind` is
 * that of the result, null of a failure.
 */
export function plan(kind: Kind | null, extra: Facts["extra"], followUps: FollowUps): Plan {
  const asked = directivesOf(extra);
  const configured = asked.isAlone ? NOTHING : followUps;
  const event = kind === null ? "transcript.failed" : "transcript.received";
  const candidates: unknown[] = [
    ...[...configured.translate, ...asked.translate].map((to) => ({ channel: "translate", to })),
    ...[...configured.notify, ...asked.notify].map((notification) => ({ ...notification, event })),
  ];
  const effects = new Map<string, Effect>();
  for (const candidate of candidates) {
    const { data } = effect.safeParse(candidate);
    if (data === undefined) asked.problems.push(wrong(candidate as Asked));
    else if (data.channel === "translate" && kind !== "transcript") continue;
    else if (!effects.has(effectName(data))) effects.set(effectName(data), data);
  }
  if (kind === "text" && asked.translate.length > 0) {
    asked.problems.push("extra.translate: text intelligence is not translated");
  }
  return { effects: [...effects.values()], problems: asked.problems };
}

/** The effects of a missing callback: everyone in `FOLLOW_UPS` is notified. */
export function planMissing(state: "overdue" | "failed", { notify }: FollowUps): Effect[] {
  const event = `transcript.${state}` as const;
  return notify.map(({ channel, to }) => effect.parse({ channel, to, event }));
}

type Asked = Pick<Notification, "to"> & { channel: string };

function directivesOf(extra: Facts["extra"]) {
  const problems: string[] = [];
  const listOf = (name: string): string[] => {
    const value = Object.hasOwn(extra, name) ? extra[name] : "";
    if (typeof value !== "string") problems.push(`extra.${name} is not a comma-separated list`);
    const entries = typeof value === "string" ? value.split(",") : [];
    const asked = entries.map((entry) => entry.trim()).filter((entry) => entry !== "");
    if (asked.length > MAX_ASKED) {
      problems.push(`extra.${name} asks for more than ${MAX_ASKED}: the rest is passed over`);
    }
    return asked.slice(0, MAX_ASKED);
  };
  for (const name of Object.keys(extra)) {
    const isKnown = CHANNELS.some((channel) => name === `notify_${channel}`);
    if (/^notify(_|$)/.test(name) && !isKnown) {
      problems.push(`extra.${name.slice(0, MAX_SHOWN_CHARS)} is not a directive`);
    }
  }
  const isAlone = extra.follow_ups === "none";
  if (!isAlone && Object.hasOwn(extra, "follow_ups")) problems.push("extra.follow_ups is not none");
  const notify = CHANNELS.flatMap((channel) =>
    listOf(`notify_${channel}`).map((to) => ({ channel, to })),
  );
  return { translate: listOf("translate"), notify, isAlone, problems };
}

/** What a request asked for in its `extra` and the settings do not allow, in words for people. */
export const refusedProblem = ({ effect: { channel, to }, reason }: Refused): string =>
  `${directiveOf(channel)}: ${JSON.stringify(to.slice(0, MAX_SHOWN_CHARS))} ${reason}`;

const directiveOf = (channel: string): string =>
  channel === "translate" ? "extra.translate" : `extra.notify_${channel}`;

function wrong({ channel, to }: Asked): string {
  const name = directiveOf(channel);
  const what = {
    webhook: "the name of an endpoint",
    email: "an e-mail address",
    sms: "a phone number such as +15551234567",
    translate: "a language such as es or pt-BR",
  }[channel];
  return `${name}: ${JSON.stringify(to.slice(0, MAX_SHOWN_CHARS))} is not ${what}`;
}

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
