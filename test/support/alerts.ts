import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import { recordingQueue } from "./faulty.ts";
import type { ProviderWorld } from "./providers/world.ts";

export type Notice = { alarm: string; state: string; text: string; detail: string };

/** Runs the cron of every minute; gives what it sent to the queue. */
export async function runMinute(alertUrl: string, replaced: Partial<Env> = {}): Promise<unknown[]> {
  const { queue, sent } = recordingQueue();
  const controller = createScheduledController({ cron: "* * * * *" });
  const given = { ALERT_WEBHOOK: alertUrl, FOLLOW_UP_QUEUE: queue, ...replaced };
  await worker.scheduled(controller, { ...env, ...given });
  return sent;
}

/** The notices since the last time. */
export async function takeNotices({ state, url }: ProviderWorld<object>): Promise<Notice[]> {
  const { requests } = await state();
  await fetch(`${url}/_state`, { method: "DELETE" });
  return requests.map(({ body }) => JSON.parse(body) as Notice);
}
