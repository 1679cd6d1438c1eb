import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { jobRequestId } from "../../../src/auth/job-request-id.ts";
import { catalogueExpectation } from "../../../src/catalogue/expectations.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { consume, runCron } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";

const DAY_SECONDS = 86_400;

const hourly = (replaced: Partial<Env>, cron = "17 * * * *") => runCron(cron, replaced);

async function received(): Promise<string> {
  const { id, body } = transcript();
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
