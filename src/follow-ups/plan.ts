import type { Facts } from "../deepgram/callback.ts";
import { type Effect, endpointName } from "./effect.ts";

/**
 * The effects that a stored callback calls for: those configured for every transcript and those the
 * request asked for in `extra.notify_webhook`, a comma-separated list. Each comes once.
 */
export function plan(
  state: "received" | "failed",
  extra: Facts["extra"],
  followUps: { webhooks: string[] },
): Effect[] {
  const asked = typeof extra.notify_webhook === "string" ? extra.notify_webhook.split(",") : [];
  const names = [...followUps.webhooks, ...asked.map((name) => name.trim())];
  return [...new Set(names)]
    .filter((name) => endpointName.safeParse(name).success)
    .map((to) => ({ channel: "webhook", to, event: `transcript.${state}` }));
}
