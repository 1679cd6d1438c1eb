import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";
import {
  callback,
  delivered,
  failNext,
  forgetDeliveries,
  NOTIFY,
  planned,
  wake,
} from "../../support/webhook-work.ts";
import { later } from "../../support/work-off.ts";
import { list } from "../catalogue/said.ts";

const NAME = "webhook:crm:transcript.received";
const PENDING = { done: 0, pending: 1, failed: 0 };
const DONE = { done: 1, pending: 0, failed: 0 };
const FAILED = { done: 0, pending: 0, failed: 1 };

beforeEach(forgetDeliveries);

afterEach(() => {
  vi.useRealTimers();
});

const post = (path: string, replaced: Partial<Env> = NOTIFY, body?: string) =>
  get(path, {
    method: "POST",
    headers: { authorization: OPERATOR },
    env: replaced,
    ...(body !== undefined && { body }),
  });

const counts = async () => (await list()).transcripts.map(({ follow_ups }) => follow_ups);

it("counts what is done, pending and failed, also when it is tried again", async () => {
  const { id, body } = transcript();
  const sent = await planned(body, id);
  expect(await counts()).toEqual([PENDING]);
  await failNext({ status: 500 });
  await consume(sent, NOTIFY);
  expect(await counts()).toEqual([PENDING]);
  later(60);
  await consume(sent, { ...NOTIFY, WEBHOOK_ENDPOINTS: "{}" });
  expect(await counts()).toEqual([FAILED]);
  const { queue, sent: again } = recordingQueue();
  const path = `/v1/transcripts/${id}/follow-ups/${NAME}/retry`;
  later(120);
  expect((await post(path, { ...NOTIFY, FOLLOW_UP_QUEUE: queue })).status).toBe(202);
  expect(await counts()).toEqual([PENDING]);
  await consume(again, NOTIFY);
  expect(await counts()).toEqual([DONE]);
});

it("counts what the queue gave up as failed", async () => {
  const { id, body } = transcript();
  const sent = await planned(body, id);
  await consume(sent, NOTIFY, { queue: DEAD_LETTERS, attempts: 20 });
  later(600);
  await consume(sent, NOTIFY, { queue: DEAD_LETTERS, attempts: 20 });
  expect(await counts()).toEqual([FAILED]);
});

it("does not lose an end that comes before the row of the transcript", async () => {
  const { id, body } = transcript();
  const sent = await planned(body, id);
  const { results } = await env.CATALOGUE.prepare("SELECT * FROM transcripts").all();
  expect(results).toHaveLength(1);
  await env.CATALOGUE.batch(
    ["listed", "transcripts"].map((table) => env.CATALOGUE.prepare(`DELETE FROM ${table}`)),
  );
  await consume(sent, NOTIFY);
  expect(await counts()).toEqual([]);
  await consume([callback(id)], NOTIFY);
  expect(await counts()).toEqual([DONE]);
});

it("is right again once D1 answers, and nothing is sent twice", async () => {
  const { id, body } = transcript();
  const sent = await planned(body, id);
  const isAway = () => {
    throw new Error("D1 is away");
  };
  const CATALOGUE = faulty(env.CATALOGUE, { prepare: isAway });
  const { acked, retried } = await consume(sent, { ...NOTIFY, CATALOGUE });
  expect([acked, retried.length]).toEqual([[], 1]);
  expect(await counts()).toEqual([PENDING]);
  expect((await consume(sent, NOTIFY)).acked).toEqual(["m0"]);
  expect(await counts()).toEqual([DONE]);
  expect(await delivered()).toHaveLength(1);
});

it("counts what a client asked for, and is made anew from the ledger", async () => {
  const { id, body } = transcript();
  expect(await planned(body, id, { ...NOTIFY, FOLLOW_UPS: "{}" })).toEqual([]);
  expect(await counts()).toEqual([{ done: 0, pending: 0, failed: 0 }]);
  const { queue, sent } = recordingQueue();
  const replaced = { ...NOTIFY, FOLLOW_UPS: "{}", FOLLOW_UP_QUEUE: queue };
  await post(`/v1/transcripts/${id}/follow-ups`, replaced, NOTIFY.FOLLOW_UPS);
  expect(sent).toEqual([wake(id)]);
  await consume(sent, NOTIFY);
  expect(await counts()).toEqual([PENDING]);
  await env.CATALOGUE.prepare("UPDATE transcripts SET follow_ups = '{}'").run();
  await post("/v1/catalogue/rebuild");
  expect(await counts()).toEqual([PENDING]);
});
