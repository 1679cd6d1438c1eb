import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { jobRequestId } from "../../../src/auth/job-credentials.ts";
import { parseRequestId, type RequestId } from "../../../src/deepgram/request-id.ts";
import { openEntry } from "../../../src/store/effect-claims.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { callback, failNext, forgetDeliveries, NOTIFY } from "../../support/webhook-work.ts";
import { workOff } from "../../support/work-off.ts";
import { awaited, live } from "../openapi/scenarios/states.ts";

type Event = { event: string; at: string; [member: string]: unknown };

beforeEach(forgetDeliveries);
afterEach(() => {
  vi.useRealTimers();
});

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const DIGEST = expect.stringMatching(/^[0-9a-f]{64}$/);

async function timelineOf(id: string): Promise<{ events: Event[]; truncated: boolean }> {
  const response = await get(`/v1/transcripts/${id}/timeline`);
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return response.json();
}

const eventsOf = async (id: string) => (await timelineOf(id)).events;

it("tells of a body and of every attempt at a webhook, each with its answer", async () => {
  const { id, body } = transcript();
  await deliver(body, { env: NOTIFY });
  await failNext({ status: 500 });
  await workOff([callback(id)], NOTIFY);
  const [received, failed, done, ...others] = await eventsOf(id);
  expect(others).toEqual([]);
  expect(received).toEqual({
    event: "received",
    at: TIME,
    sha256: DIGEST,
    bytes: body.length,
    state: "received",
  });
  const name = "webhook:crm:transcript.received";
  expect(failed).toEqual({
    event: "attempt",
    at: TIME,
    name,
    attempt: 1,
    outcome: "retrying",
    status: 500,
    ms: expect.any(Number),
    error: "the endpoint answered 500",
    next_at: TIME,
  });
  expect(done).toEqual({
    event: "attempt",
    at: TIME,
    name,
    attempt: 2,
    outcome: "done",
    status: 204,
    ms: expect.any(Number),
  });
  expect(Date.parse(done?.at ?? "")).toBeGreaterThanOrEqual(Date.parse(String(failed?.next_at)));
});

it("tells of versions, a promotion and links, in order of time", async () => {
  const { id, body } = transcript();
  await deliver(body);
  await deliver(transcript({ requestId: id, seed: 2 }).body);
  const [received, version] = await eventsOf(id);
  expect([received?.event, version?.event]).toEqual(["received", "version"]);
  await asOperator(`/v1/transcripts/${id}/versions/${version?.sha256}/promote`, "POST");
  const shared = await get(`/v1/transcripts/${id}/share`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    body: '{"expires_in":3600,"from":2}',
    env: { SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789", PUBLIC_URL: "https://edge.test" },
  });
  expect(shared.status).toBe(201);
  const events = await eventsOf(id);
  expect(events.map(({ event }) => event)).toEqual(["received", "version", "promoted", "shared"]);
  expect(events.slice(0, 2)).toEqual([received, version]);
  expect(events[2]).toEqual({ event: "promoted", at: TIME, sha256: version?.sha256 });
  expect(events[3]).toEqual({ event: "shared", at: TIME, expires_at: TIME, from: 2, to: null });
  expect(events.map(({ at }) => at).toSorted()).toEqual(events.map(({ at }) => at));
});

it.each([
  ["expected", ["submitted"]],
  ["overdue", ["submitted", "overdue"]],
  ["failed", ["submitted", "failed"]],
] as const)("of an %s request is a 200", async (state, events) => {
  const id = await awaited(state, { token_id: "crm:2026-11-24T08%3A00%3A00.000Z", reason: "no" });
  const found = await eventsOf(id);
  expect(found.map(({ event }) => event)).toEqual(events);
  expect(found[0]).toEqual({ event: "submitted", at: "2026-11-24T08:00:00.000Z", by: "crm" });
});

it("of a failure and of a live stream is a 200", async () => {
  const failed = crypto.randomUUID();
  await deliver(errorBody("err_code", failed));
  expect(await eventsOf(failed)).toMatchObject([{ event: "received", state: "failed" }]);
  expect((await eventsOf(await live())).map(({ event }) => event)).toEqual(["live"]);
});

it("tells that an overdue request was submitted again", async () => {
  const again = await awaited("expected", { expected_at: "2026-11-24T09:00:00.000Z" });
  const events = await eventsOf(await awaited("overdue", { successor: again }));
  expect(events.at(-1)).toEqual({
    event: "resubmitted",
    at: "2026-11-24T09:00:00.000Z",
    successor: again,
  });
});

it("of a job leads to the request that it became; 404 of an unknown and 410 of a deleted one", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const job = await jobRequestId("s-0123456789abcdef0123-0-zz");
  await awaited("expected", { successor: id }, job);
  const led = await get(`/v1/transcripts/${job}/timeline`);
  expect([led.status, led.headers.get("location")]).toEqual([
    307,
    `/v1/transcripts/${id}/timeline`,
  ]);
  expect((await get(`/v1/transcripts/${crypto.randomUUID()}/timeline`)).status).toBe(404);
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  expect((await get(`/v1/transcripts/${id}/timeline`)).status).toBe(410);
});

it("knows of an entry from before attempts were kept how the last one ended", async () => {
  const { id, body } = transcript();
  await deliver(body, { env: NOTIFY });
  await workOff([callback(id)], NOTIFY);
  const key = `beside/${id}/effects/webhook:crm:transcript.received`;
  const entry = await env.TRANSCRIPTS.get(key);
  await env.TRANSCRIPTS.put(key, "0", { customMetadata: entry?.customMetadata ?? {} });
  const events = await eventsOf(id);
  expect(events.at(-1)).toMatchObject({ event: "attempt", attempt: 1, outcome: "done", ms: null });
});

it("has the newest hundred follow-ups, and says that others were left out", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const requestId = parseRequestId(id) as RequestId;
  const opened = Array.from({ length: 101 }, (_, n) =>
    openEntry(
      env.TRANSCRIPTS,
      requestId,
      { channel: "email", to: `a${n}@example.com`, event: "transcript.received" },
      Date.now(),
    ),
  );
  await Promise.all(opened);
  const { events, truncated } = await timelineOf(id);
  expect(truncated).toBe(true);
  expect(events.filter(({ event }) => event === "queued")).toHaveLength(100);
});
