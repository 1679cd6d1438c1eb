import {
  type Effect,
  effect,
  effectName,
  type FollowUps,
  type Notification,
} from "../config/follow-ups.ts";
import type { Facts, Kind } from "../deepgram/callback.ts";
import type { Refused } from "./allowed-effects.ts";

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
