import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { catalogueExpectation } from "../../src/catalogue/expectations.ts";
import type { RequestId } from "../../src/deepgram/request-id.ts";
import worker from "../../src/index.ts";
import { type ProviderWorld, providerWorld } from "../providers/world.ts";
import { consume, DEAD_LETTERS } from "../support/consume.ts";
import { deliver, transcript } from "../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../support/faulty.ts";
import { later } from "../support/work-off.ts";

type Told = { alarm: string; state: string; text: string; detail: string };

let alerts: ProviderWorld<object>;

beforeEach(() => {
  alerts = providerWorld(inject("sinkUrl"));
});

afterEach(() => {
  vi.useRealTimers();
});

/** Runs the cron of every minute; gives what it sent to the queue. */
async function minute(replaced: Partial<Env> = {}): Promise<unknown[]> {
  const { queue, sent } = recordingQueue();
  const controller = createScheduledController({ cron: "* * * * *" });
  const given = { ALERT_WEBHOOK: alerts.url, FOLLOW_UP_QUEUE: queue, ...replaced };
  await worker.scheduled(controller, { ...env, ...given });
  return sent;
}

/** What has been told since the last time, as `alarm state`. */
async function told(): Promise<string[]> {
  const { requests } = await alerts.state();
  const bodies = requests.map(({ body }) => JSON.parse(body) as Told);
  await fetch(`${alerts.url}/_state`, { method: "DELETE" });
  return bodies.map(({ alarm, state }) => `${alarm} ${state}`).sort();
}

const letter = () => consume(["stray"], {}, { queue: DEAD_LETTERS });
const noLetters = () => env.TRANSCRIPTS.delete("dead-letters/stray/m0");

it("while nothing is wrong nobody is told", async () => {
  const { id, body } = transcript();
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  await minute();
  expect(await told()).toEqual([]);
});

describe("an alarm", () => {
  it("is told when it begins, once an hour, and when it is over", async () => {
    await letter();
    for (let time = 0; time < 3; time++) await minute();
    expect(await told()).toEqual(["dead-letters firing"]);
    later(3_590);
    await minute();
    expect(await told()).not.toContain("dead-letters firing");
    later(61);
    await minute();
    expect(await told()).toContain("dead-letters firing");
    await noLetters();
    for (let time = 0; time < 2; time++) await minute();
    expect((await told()).filter((one) => one.startsWith("dead"))).toEqual([
      "dead-letters resolved",
    ]);
  });

  it("that could not be told is told by the next run, under the same id", async () => {
    await letter();
    await alerts.fail([{ status: 500 }, { drop: "after" }]);
    for (let time = 0; time < 4; time++) await minute();
    const { requests } = await alerts.state();
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("reads as a message and as data, and holds no secret", async () => {
    await letter();
    await minute();
    const [request] = (await alerts.state()).requests;
    const { text, ...data } = JSON.parse(request?.body ?? "") as Told;
    expect(text).toMatch(/^ALARM dead-letters: 1 dead letters wait for a person/);
    expect(data).toEqual({
      alarm: "dead-letters",
      state: "firing",
      detail: "1 dead letters wait for a person",
      since: expect.stringMatching(/^\d{4}-/),
    });
  });

  it("without ALERT_WEBHOOK costs nothing", async () => {
    await letter();
    const list = vi.fn();
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      list: (options: R2ListOptions) => {
        list(options.prefix);
        return env.TRANSCRIPTS.list(options);
      },
    });
    expect(await minute({ ALERT_WEBHOOK: "", TRANSCRIPTS })).toEqual([]);
    expect(list.mock.calls).toEqual([["outbox/"]]);
  });
});

it("an overdue callback is an alarm until it comes", async () => {
  const { id, body } = transcript();
  await catalogueExpectation(env.CATALOGUE, {
    requestId: id as RequestId,
    state: "overdue",
    expectedAt: new Date().toISOString(),
    deadlineAt: new Date().toISOString(),
  });
  await minute();
  expect(await told()).toEqual(["overdue firing"]);
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  await minute();
  expect(await told()).toEqual(["overdue resolved"]);
});

it("refused callbacks are an alarm when they surge, in one row whatever comes", async () => {
  const refused = async () => {
    const response = await deliver(transcript().body, { authorization: null });
    expect(response.status).toBe(401);
  };
  await refused();
  await minute();
  expect(await told()).toEqual([]);
  later(30);
  for (let time = 0; time < 9; time++) await refused();
  later(61);
  await refused();
  await minute();
  expect(await told()).toEqual(["refused firing"]);
  const { results } = await env.CATALOGUE.prepare("SELECT name FROM signals").all();
  expect(results.filter(({ name }) => name !== "heartbeat")).toEqual([{ name: "refused" }]);
  later(1_200);
  await minute();
  expect(await told()).toContain("refused resolved");
});

it("a queue that falls behind is an alarm until its heartbeats come again", async () => {
  await minute();
  later(301);
  const sent = await minute();
  expect(await told()).toEqual(["backlog firing"]);
  const { acked } = await consume(sent);
  expect(acked).toHaveLength(sent.length);
  await minute();
  expect(await told()).toEqual(["backlog resolved"]);
});

it("a heartbeat that the queue gave up is no dead letter", async () => {
  const sent = await minute();
  await consume(sent, {}, { queue: DEAD_LETTERS });
  expect((await env.TRANSCRIPTS.list({ prefix: "dead-letters/" })).objects).toEqual([]);
});

it("an outbox that does not drain is an alarm after five minutes", async () => {
  const { body } = transcript();
  const FOLLOW_UP_QUEUE = faulty(recordingQueue().queue, {
    send: refuses("away"),
    sendBatch: refuses("away"),
  });
  await deliver(body, { env: { FOLLOW_UP_QUEUE } });
  await minute({ FOLLOW_UP_QUEUE });
  expect(await told()).toEqual([]);
  later(301);
  await minute({ FOLLOW_UP_QUEUE });
  expect(await told()).toContain("outbox firing");
  await minute();
  expect(await told()).toContain("outbox resolved");
});

it("fields that Deepgram has not sent before are an alarm, by their names alone", async () => {
  const { id, body } = transcript();
  const json = JSON.parse(body);
  json.metadata.novelty_score = "said in confidence";
  json.results.channels[0].alternatives[0]["<b>"] = 1;
  await deliver(JSON.stringify(json));
  await consume([{ type: "callback", request_id: id }]);
  await minute();
  const [request] = (await alerts.state()).requests;
  expect(JSON.parse(request?.body ?? "").detail).toBe(
    "Deepgram sends new fields: metadata.novelty_score",
  );
});

it("a database that is away for five minutes is an alarm, and ends no other", async () => {
  await env.CATALOGUE.prepare("INSERT INTO signals VALUES ('field x', 0, ?1)")
    .bind(Date.now())
    .run();
  await minute();
  expect(await told()).toEqual(["unknown-fields firing"]);
  const CATALOGUE = faulty(env.CATALOGUE, {
    prepare: () => {
      throw new Error("away");
    },
  });
  await minute({ CATALOGUE });
  later(290);
  await minute({ CATALOGUE });
  expect(await told()).toEqual([]);
  later(11);
  await minute({ CATALOGUE });
  expect(await told()).toEqual(["catalogue firing"]);
});
