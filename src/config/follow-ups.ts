import * as z from "zod";
import type { Report } from "../config.ts";
import { endpointName } from "../follow-ups/effect.ts";
import { parseJson } from "../parse-json.ts";

export type FollowUps = { webhooks: string[] };

const notification = z.object({ channel: z.literal("webhook"), to: endpointName });

const settings = z.object({ notify: z.array(z.unknown()).default([]) }).catchall(z.unknown());

/** Reads what is to follow every transcript. What this version cannot do is reported, the rest holds. */
export function followUps(value: string | undefined, report: Report): FollowUps {
  const parsed = settings.safeParse(parseJson(value || "{}"));
  if (!parsed.success) {
    report("FOLLOW_UPS", 'not JSON of the form {"notify":[{"channel":"webhook","to":"NAME"}]}');
    return { webhooks: [] };
  }
  const { notify, ...others } = parsed.data;
  for (const name of Object.keys(others)) {
    report("FOLLOW_UPS", `${name.slice(0, 64)} is not available in this version`);
  }
  const webhooks = notify.flatMap((entry, index) => {
    const known = notification.safeParse(entry);
    if (!known.success) report("FOLLOW_UPS", `notify[${index}] is not a webhook notification`);
    return known.success ? [known.data.to] : [];
  });
  return { webhooks };
}
