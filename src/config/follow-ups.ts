import * as z from "zod";
import { parseJson } from "../lib/bytes.ts";
import type { Report } from "./config.ts";

/** Names of webhook endpoints: they become part of storage keys and of URL paths. */
export const endpointName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be made of letters, digits, - and _");

const MAX_ADDRESS_CHARS = 254;

export const emailAddress = z.email("is not an e-mail address").max(MAX_ADDRESS_CHARS);

/** E.164, with the plus sign. */
const phoneNumber = z.e164("is not a phone number such as +15551234567");

const NOT_A_LANGUAGE = "is not a language such as es or pt-BR";

/** A BCP 47 tag of letters, digits and hyphens; in its canonical case, so that it has one name. */
export const languageTag = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, NOT_A_LANGUAGE)
  .refine((tag) => canonical(tag) !== null, NOT_A_LANGUAGE)
  .overwrite((tag) => canonical(tag) ?? tag);

const transcriptEvent = z.enum(["transcript.received", "transcript.failed", "transcript.overdue"]);

/** `complete`: not before the translations have ended. */
const when = z.literal("complete").exactOptional();

/** How many bodies were current before the one that it is about. */
const revision = z.int().positive();

/** One follow-up: an effect outside, and the event that causes it. */
export const effect = z.union([
  z.object({ channel: z.literal("webhook"), to: endpointName, event: transcriptEvent, when }),
  z.object({
    channel: z.literal("webhook"),
    to: endpointName,
    event: z.literal("translation.completed"),
    language: languageTag,
    // Of a body that was not the first current one.
    revision: revision.exactOptional(),
  }),
  z.object({
    channel: z.literal("webhook"),
    to: endpointName,
    event: z.literal("transcript.updated"),
    revision,
    /** The SHA-256 of the body whose place another one took. */
    replaced: z.string(),
  }),
  z.object({ channel: z.literal("email"), to: emailAddress, event: transcriptEvent, when }),
  z.object({ channel: z.literal("sms"), to: phoneNumber, event: transcriptEvent, when }),
  z.object({ channel: z.literal("translate"), to: languageTag }),
]);

export type Effect = z.infer<typeof effect>;

export type Channel = Effect["channel"];

export type EffectOn<Name extends Channel> = Extract<Effect, { channel: Name }>;

/** The name of an effect, unique within its transcript; also the end of its ledger key. */
export function effectName(effect: Effect): string {
  const event = "event" in effect ? [effect.event] : [];
  const language = "language" in effect ? [effect.language] : [];
  const revision = "revision" in effect ? [effect.revision] : [];
  return [effect.channel, effect.to, ...event, ...language, ...revision].join(":");
}

function canonical(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    return null;
  }
}

export const waitsForTranslations = (effect: Effect) =>
  "when" in effect && effect.when !== undefined;

/** Who is notified; with `"when":"complete"` not before the translations have ended. */
export const notification = z.discriminatedUnion("channel", [
  z.object({ channel: z.literal("webhook"), to: endpointName, when }),
  z.object({ channel: z.literal("email"), to: emailAddress, when }),
  z.object({ channel: z.literal("sms"), to: phoneNumber, when }),
]);

export type Notification = z.infer<typeof notification>;

export type FollowUps = { translate: string[]; notify: Notification[] };

const settings = z
  .object({ translate: z.array(z.unknown()).default([]), notify: z.array(z.unknown()).default([]) })
  .catchall(z.unknown());

const EXAMPLE = '{"translate":["es"],"notify":[{"channel":"webhook","to":"NAME"}]}';

/** Reads what is to follow every transcript. What is wrong is reported, the rest holds. */
export function followUps(value: string | undefined, report: Report): FollowUps {
  const parsed = settings.safeParse(parseJson(value || "{}"));
  if (!parsed.success) {
    report("FOLLOW_UPS", `not JSON of the form ${EXAMPLE}`);
    return { translate: [], notify: [] };
  }
  const { translate, notify, ...others } = parsed.data;
  for (const name of Object.keys(others)) {
    report("FOLLOW_UPS", `${name.slice(0, 64)} is not known; translate and notify are`);
  }
  const kept = <Value>(list: unknown[], name: string, schema: z.ZodType<Value>, what: string) =>
    list.flatMap((entry, index) => {
      const { data } = schema.safeParse(entry);
      if (data === undefined) report("FOLLOW_UPS", `${name}[${index}] is not ${what}`);
      return data === undefined ? [] : [data];
    });
  return {
    translate: kept(translate, "translate", languageTag, "a language such as es or pt-BR"),
    notify: kept(notify, "notify", notification, "a webhook, email or sms notification"),
  };
}
