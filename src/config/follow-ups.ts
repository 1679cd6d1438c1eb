import * as z from "zod";
import { parseJson } from "../lib/bytes.ts";
import type { Report } from "./config.ts";
import { emailAddress, endpointName, languageTag, phoneNumber } from "./effect.ts";

const when = z.literal("complete").exactOptional();

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
