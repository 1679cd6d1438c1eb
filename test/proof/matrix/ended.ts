import { expect } from "vitest";
import { PHONE } from "../../support/channels.ts";
import { settledKeys, storedKeys } from "../../support/deliver.ts";
import { asOperator, get } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";
import type { Callback } from "./callback.ts";
import { REFUSED } from "./faults.ts";
import { sweep, type World } from "./world.ts";

/**
 * What nobody heard of, because he died or the answer was lost: that he has claimed an effect, so that
 * an SMS may be uncertain, or also that he has done it, so that a webhook may be notified again.
 */
export type Unknown = "claimed" | "done" | null;

/** Of these objects none is left at the end. */
const LEFT_OVER = /^(outbox|dead-letters\/stray|body-checks)\/|\/displaced\//;

type FollowUp = { name: string; state: string };

/**
 * Every effect has happened once and says so, or says that nobody knows; the catalogue knows, what was
 * acknowledged is still there, and nothing is left over. Gives the state of the SMS.
 */
export async function ended(
  world: World,
  callback: Callback,
  { unknown, hasOrder = false }: { unknown: Unknown; hasOrder?: boolean },
): Promise<string | null> {
  const { effects, id, ends, webhooks = effects } = callback;
  later(7_300);
  await sweep(world, "17 * * * *");
  await callback.holds();
  await callback.left?.();
  const keys = await storedKeys();
  if (ends === 401) expect(keys).toEqual([]);
  const { requests } = await world.channels.webhook.state();
  const ids = new Set(requests.map(({ headers }) => headers["webhook-id"]));
  expect(ids.size).toBe(webhooks);
  const taken = requests.filter(({ status }) => status !== REFUSED);
  if (unknown !== "done") expect(taken).toHaveLength(webhooks);
  if (hasOrder && webhooks > 0) expect(requests.length).toBeGreaterThan(webhooks);
  const sms = id === null || effects === 0 ? null : await smsState(id, unknown, webhooks);
  const { messages } = await world.channels.twilio.state();
  if (sms === "uncertain") expect(messages.length).toBeLessThanOrEqual(1);
  else expect(messages).toHaveLength(effects);
  expect(keys.filter((key) => LEFT_OVER.test(key))).toEqual([]);
  await settledKeys();
  const deadLetters = keys.filter((key) => key.startsWith(`dead-letters/${id}/`));
  expect(deadLetters).toEqual(sms === "uncertain" ? [expect.stringContaining("/sms:")] : []);
  if (id !== null) await isListed(id);
  return sms;
}

async function smsState(id: string, unknown: Unknown, webhooks: number): Promise<string> {
  const status = await get(`/v1/transcripts/${id}/status`);
  const { follow_ups } = await status.json<{ follow_ups: FollowUp[] }>();
  const stateOf = (name: string) =>
    follow_ups.filter((one) => one.name.startsWith(name)).map(({ state }) => state);
  expect(follow_ups).toHaveLength(webhooks + 1);
  expect(stateOf("webhook:crm:")).toEqual(Array(webhooks).fill("done"));
  const [sms = ""] = stateOf(`sms:${PHONE}:`);
  expect(unknown === null ? ["done"] : ["done", "uncertain"]).toContain(sms);
  return sms;
}

async function isListed(id: string): Promise<void> {
  const list = await asOperator("/v1/transcripts");
  const { transcripts } = await list.json<{ transcripts: { request_id: string }[] }>();
  expect(transcripts.map(({ request_id }) => request_id)).toContain(id);
}
