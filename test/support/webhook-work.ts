import { expect, inject } from "vitest";
import { consume } from "./consume.ts";
import { deliver } from "./deliver.ts";
import { recordingQueue } from "./faulty.ts";
import { get } from "./get.ts";
import { providerWorld } from "./providers/world.ts";
import { WEBHOOK_SECRET } from "./webhook-secret.ts";

/** What an endpoint got, and whether its signature is right. */
type Delivery = { id: string; timestamp: string; valid: boolean; body: string };

// Files that run at the same time have an endpoint each.
const world = providerWorld<{ deliveries: Delivery[] }>(new URL(inject("webhookUrl")).origin);

/** The base of the endpoint `crm`, and where it is notified of transcripts. */
export const origin = world.url;
export const url = `${origin}/webhook`;

/** Has the endpoint `crm` notified of every transcript. */
export const NOTIFY = {
  WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url, secret: WEBHOOK_SECRET } }),
  FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
  PUBLIC_URL: "https://edge.test",
};

/** All that it got. */
export const delivered = async (): Promise<Delivery[]> => (await world.state()).deliveries;

/** Has it fail once, or as ordered. */
export const failNext = world.fail;

/** The message of a callback. */
export const callback = (id: string) => ({ type: "callback", request_id: id });

/** The first delivery of a callback's message runs its effects itself; a later one sends their messages. */
const AGAIN = { attempts: 2 };

/** Stores a transcript and works its callback message off; gives the effect messages it sent. */
export async function planned(body: string, id: string, replaced: Partial<Env> = NOTIFY) {
  await deliver(body, { env: replaced });
  const { queue, sent } = recordingQueue();
  const settled = await consume([callback(id)], { ...replaced, FOLLOW_UP_QUEUE: queue }, AGAIN);
  expect(settled).toEqual({ acked: ["m0"], retried: [] });
  return sent;
}

/** The message that wakes follow-ups. */
export const wake = (id: string) => ({ type: "follow-ups", request_id: id });

/** What a message, by default that of a callback, does. */
export async function sentFor(id: string, message: object = callback(id)) {
  const { queue, sent } = recordingQueue();
  await consume([message], { ...NOTIFY, FOLLOW_UP_QUEUE: queue }, AGAIN);
  return sent;
}

/** The follow-ups that the status tells. */
export async function followUpsOf(id: string) {
  const response = await get(`/v1/transcripts/${id}/status`);
  return (await response.json<{ follow_ups: Record<string, unknown>[] }>()).follow_ups;
}

/** Forgets what it got. */
export const forgetDeliveries = () => fetch(`${origin}/_deliveries`, { method: "DELETE" });
