import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { jobRequestId } from "../../../src/auth/job-credentials.ts";
import { readSignals } from "../../../src/catalogue/alarm-signals.ts";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { catalogueExpectation } from "../../../src/catalogue/expectations.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { MAX_DELETED } from "../../../src/operate/retention.ts";
import { consume, runCron } from "../../support/consume.ts";
import { deliver, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";
import { upsert } from "../catalogue/said.ts";

const DAY_SECONDS = 86_400;

const hourly = (replaced: Partial<Env>, cron = "17 * * * *") => runCron(cron, replaced);
const minutely = (replaced: Partial<Env>) => runCron("* * * * *", replaced);

async function received(tags: string[] = []): Promise<string> {
  const { id, body } = transcript({ tags });
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  return id;
}

const codeOf = async (id: string) => (await get(`/v1/transcripts/${id}`)).status;

afterEach(() => {
  vi.useRealTimers();
});

it("what is older than RETENTION_DAYS is deleted by itself, and nothing else", async () => {
  const old = await received();
  later(6 * DAY_SECONDS);
  const young = await received();
  await hourly({ RETENTION_DAYS: "7" });
  expect([await codeOf(old), await codeOf(young)]).toEqual([200, 200]);
  later(1.1 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "7" });
  expect([await codeOf(old), await codeOf(young)]).toEqual([410, 200]);
  const listed = await (await get("/v1/transcripts")).json<{ transcripts: unknown[] }>();
  expect(listed.transcripts).toHaveLength(1);
});

it("what belongs to it goes with its message, which comes two minutes later", async () => {
  const id = await received();
  await deliver(transcript({ requestId: id, words: 30 }).body);
  const sent: MessageSendRequest[] = [];
  const sendBatch = async (messages: MessageSendRequest[]) => sent.push(...messages);
  later(8 * DAY_SECONDS);
  const FOLLOW_UP_QUEUE = faulty(recordingQueue().queue, { sendBatch });
  await hourly({ RETENTION_DAYS: "7", FOLLOW_UP_QUEUE });
  const body = { type: "callback", request_id: id };
  expect(sent).toEqual([{ body, delaySeconds: 120 }]);
  await consume([body]);
  expect((await storedKeys()).filter((key) => key.includes(id))).toEqual([`callbacks/${id}`]);
});

it("nothing is deleted while the queue takes no message", async () => {
  const id = await received();
  later(8 * DAY_SECONDS);
  const FOLLOW_UP_QUEUE = faulty(recordingQueue().queue, { sendBatch: refuses("overloaded") });
  await hourly({ RETENTION_DAYS: "7", FOLLOW_UP_QUEUE });
  expect(await codeOf(id)).toBe(200);
  await hourly({ RETENTION_DAYS: "7" });
  expect(await codeOf(id)).toBe(410);
});

it("RETENTION has tags deleted sooner or later than the others", async () => {
  const [plain, soon, late] = [
    await received(),
    await received(["soon"]),
    await received(["late"]),
  ];
  const settings = { RETENTION_DAYS: "7", RETENTION: JSON.stringify({ soon: 1, late: 30 }) };
  const codes = async () => [await codeOf(plain), await codeOf(soon), await codeOf(late)];
  later(2 * DAY_SECONDS);
  await hourly(settings);
  expect(await codes()).toEqual([200, 410, 200]);
  later(6 * DAY_SECONDS);
  await hourly(settings);
  expect(await codes()).toEqual([410, 410, 200]);
  later(23 * DAY_SECONDS);
  await hourly({ RETENTION: settings.RETENTION });
  expect(await codes()).toEqual([410, 410, 410]);
});

it("continues every minute, within the limits of an invocation, and says when it is late", {
  timeout: 60_000,
}, async () => {
  const count = MAX_DELETED + 5;
  const stored = Array.from({ length: count }, (_, index) =>
    upsert({ receivedAt: new Date(Date.now() + index).toISOString(), state: "received" }),
  );
  await writeCatalogue(env.CATALOGUE, stored);
  for (const { record } of stored) {
    const customMetadata = { state: "received", received_at: record.receivedAt, sha256: "0" };
    await env.TRANSCRIPTS.put(`callbacks/${record.requestId}`, "{}", { customMetadata });
  }
  const left = async () => {
    const listed = await get("/v1/transcripts?limit=1000");
    return (await listed.json<{ transcripts: unknown[] }>()).transcripts.length;
  };
  later(8 * DAY_SECONDS);
  let operations = 0;
  const counted =
    <Args extends unknown[], Value>(work: (...args: Args) => Promise<Value>) =>
    (...args: Args) => {
      operations++;
      return work(...args);
    };
  const { TRANSCRIPTS: bucket } = env;
  const TRANSCRIPTS = faulty(bucket, {
    head: counted(bucket.head.bind(bucket)),
    get: counted(bucket.get.bind(bucket) as never),
    put: counted(bucket.put.bind(bucket) as never),
    list: counted(bucket.list.bind(bucket)),
    delete: counted(bucket.delete.bind(bucket)),
  });
  await minutely({ RETENTION_DAYS: "7" });
  expect(await left()).toBe(count);
  await hourly({ RETENTION_DAYS: "7", TRANSCRIPTS });
  expect(await left()).toBe(count - MAX_DELETED);
  expect(operations).toBeLessThan(300);
  // 100,000 a day.
  expect(MAX_DELETED * 60 * 24).toBeGreaterThan(100_000);
  const { retentionLateMs } = await readSignals(env.CATALOGUE, Date.now());
  expect(retentionLateMs).toBeGreaterThan(23 * 3_600_000);
  await minutely({ RETENTION_DAYS: "7" });
  expect(await left()).toBe(0);
  expect(await readSignals(env.CATALOGUE, Date.now())).toMatchObject({ retentionLateMs: 0 });
});

it("is deleted, and the outbox sent, by a cron of a time that somebody changed", async () => {
  const old = await received();
  const { queue, sent } = recordingQueue();
  const away = { FOLLOW_UP_QUEUE: faulty(queue, { send: refuses("queue away") }) };
  const { id, body } = transcript();
  await deliver(body, { env: away });
  later(8 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "7", FOLLOW_UP_QUEUE: queue }, "23 * * * *");
  expect(await codeOf(old)).toBe(410);
  expect(sent).toContainEqual({ type: "callback", request_id: id });
});

it("without RETENTION_DAYS everything stays", async () => {
  const id = await received();
  later(10_000 * DAY_SECONDS);
  await hourly({});
  await hourly({ RETENTION_DAYS: "never" });
  expect(await codeOf(id)).toBe(200);
});

async function awaited(state: string, id = crypto.randomUUID() as string, successor = "") {
  await catalogueExpectation(env.CATALOGUE, {
    requestId: id as RequestId,
    state: state as "overdue",
    expectedAt: new Date().toISOString(),
    deadlineAt: new Date().toISOString(),
  });
  const customMetadata = {
    state,
    expected_at: new Date().toISOString(),
    ...(successor !== "" && { successor }),
  };
  await env.TRANSCRIPTS.put(`expected/${id}`, "", { customMetadata });
  return id;
}

it("what never came is forgotten with the rest, what may still come is not", async () => {
  const [overdue, expected] = [await awaited("overdue"), await awaited("expected")];
  later(8 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "7" });
  expect([await codeOf(overdue), await codeOf(expected)]).toEqual([410, 202]);
});

it("what is overdue is not forgotten while its job may yet be called", async () => {
  const [id, old] = [await awaited("overdue"), await received()];
  later(3.9 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "1" });
  expect([await codeOf(id), await codeOf(old)]).toEqual([504, 410]);
  later(0.2 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "1" });
  expect(await codeOf(id)).toBe(410);
});

it("the request that an overdue job became stays as long as others", async () => {
  const { id, body } = transcript();
  const ofJob = await jobRequestId("x-job");
  await awaited("overdue", ofJob, id);
  later(3 * DAY_SECONDS);
  await deliver(body);
  await consume([{ type: "callback", request_id: id }]);
  later(5 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "7" });
  expect([await codeOf(ofJob), await codeOf(id)]).toEqual([307, 200]);
  const listed = await (await get("/v1/transcripts")).json<{ transcripts: unknown[] }>();
  expect(listed.transcripts).toMatchObject([{ request_id: id }]);
  const deleted = await (await get("/v1/transcripts?state=deleted")).json();
  expect(deleted).toMatchObject({ transcripts: [] });
});

it("the request of a job is not forgotten with a failure that came for the job before it", async () => {
  const { id, body } = transcript();
  const ofJob = await jobRequestId("x-job");
  await awaited("expected", ofJob, id);
  await deliver(JSON.stringify({ request_id: ofJob, err_code: "BAD", err_msg: "No sound." }));
  await consume([{ type: "callback", request_id: ofJob }]);
  later(3 * DAY_SECONDS);
  await deliver(body);
  later(5 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "7" });
  expect([await codeOf(ofJob), await codeOf(id)]).toEqual([410, 200]);
});

it("a row whose transcript is gone does not hold up the others", async () => {
  const gone = await received();
  const other = await received();
  await env.TRANSCRIPTS.delete(`callbacks/${gone}`);
  later(8 * DAY_SECONDS);
  await hourly({ RETENTION_DAYS: "7" });
  expect(await codeOf(other)).toBe(410);
  const listed = await (await get("/v1/transcripts")).json<{ transcripts: unknown[] }>();
  expect(listed.transcripts).toEqual([]);
  const deleted = await (await get("/v1/transcripts?state=deleted")).json();
  expect(deleted).toMatchObject({ transcripts: [{ request_id: other }] });
});
