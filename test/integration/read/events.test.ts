import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { jobRequestId } from "../../../src/auth/job-credentials.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { linkExpectation } from "../../../src/store/expectations.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { get, READER } from "../../support/get.ts";

type Event = { event: string; id: string; data: Record<string, unknown> };

const ENDPOINTS = JSON.stringify({
  crm: { url: "http://127.0.0.1:1/", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
});
const WITH_WEBHOOK = {
  // The real queue would have the follow-up fail before it is seen.
  FOLLOW_UP_QUEUE: recordingQueue().queue,
  WEBHOOK_ENDPOINTS: ENDPOINTS,
  FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}',
};

/** Reads the events of a stream as they come, until there are `count` of them. */
async function take(response: Response, count: number): Promise<Event[]> {
  const events: Event[] = [];
  let text = "";
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  while (events.length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
      const data = field("data");
      if (data === undefined) continue;
      events.push({ event: field("event") ?? "", id: field("id") ?? "", data: JSON.parse(data) });
    }
  }
  await reader.cancel();
  return events;
}

const open = (id: string, headers: Record<string, string> = {}) =>
  get(`/v1/transcripts/${id}/events`, { headers, env: WITH_WEBHOOK });

it("tells the state, then each follow-up as it changes", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const response = await open(id);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const taking = take(response, 2);
  await consume([{ type: "callback", request_id: id }], WITH_WEBHOOK, { attempts: 2 });
  const [state, followUp] = await taking;
  expect(state).toMatchObject({ event: "state", data: { request_id: id, state: "received" } });
  expect(followUp).toMatchObject({
    event: "follow-up",
    data: { name: "webhook:crm:transcript.received", state: "queued" },
  });
});

it("continues after Last-Event-ID", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const [state] = await take(await open(id), 1);
  const taking = take(await open(id, { "last-event-id": state?.id ?? "" }), 1);
  await scheduler.wait(10);
  await consume([{ type: "callback", request_id: id }], WITH_WEBHOOK, { attempts: 2 });
  expect(await taking).toMatchObject([{ event: "follow-up" }]);
});

it("tells again what a clock that is behind may have written after Last-Event-ID", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const [state] = await take(await open(id), 1);
  const changedAt = Number(state?.id.split(".")[0]);
  const opened = async (ms: number) =>
    take(await open(id, { "last-event-id": `${ms}.${id.slice(0, 8)}.webhook:crm` }), 1);
  expect(await opened(changedAt + 1_500)).toMatchObject([{ event: "state" }]);

  const taking = opened(changedAt + 2_500);
  await scheduler.wait(10);
  await consume([{ type: "callback", request_id: id }], WITH_WEBHOOK, { attempts: 2 });
  expect(await taking).toMatchObject([{ event: "follow-up" }]);
});

it("tells what changes also when Last-Event-ID is ahead of our clock", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const ahead = `${Date.now() + 3_600_000}.${id.slice(0, 8)}.received`;
  const taking = take(await open(id, { "last-event-id": ahead }), 1);
  await scheduler.wait(10);
  await consume([{ type: "callback", request_id: id }], WITH_WEBHOOK, { attempts: 2 });
  expect(await taking).toMatchObject([{ event: "follow-up" }]);
});

it.each(["what", `${Date.now() + 3_600_000}.00000000.webhook:crm`])(
  "begins anew when Last-Event-ID is not one of this request: %s",
  async (last) => {
    const { id, body } = transcript();
    await deliver(body);
    expect(await take(await open(id, { "last-event-id": last }), 1)).toMatchObject([
      { event: "state" },
    ]);
  },
);

it("sends the arrival of an expected request, for which it looks every second", async () => {
  const waits = vi.spyOn(scheduler, "wait");
  const { id, body } = transcript();
  const expected_at = new Date().toISOString();
  await env.TRANSCRIPTS.put(`expected/${id}`, "", {
    customMetadata: { state: "expected", expected_at },
  });
  const taking = take(await open(id), 2);
  await scheduler.wait(200);
  await deliver(body);
  expect(await taking).toMatchObject([
    { event: "state", data: { state: "expected" } },
    { event: "state", data: { state: "received" } },
  ]);
  const pauses = waits.mock.calls.map(([ms]) => ms).filter((ms) => ms > 200);
  expect(pauses.length).toBeGreaterThan(0);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1_000);
  waits.mockRestore();
});

it("ends with the request that takes the place of this one, and leads there", async () => {
  const id = await jobRequestId("x-a-job");
  const { id: successor, body } = transcript();
  const expected = { state: "expected", expected_at: new Date().toISOString() };
  await env.TRANSCRIPTS.put(`expected/${id}`, "{}", { customMetadata: expected });
  const arrival = take(await open(id), 9);
  await scheduler.wait(100);
  await linkExpectation(env.TRANSCRIPTS, id, successor as RequestId);
  await deliver(body);
  expect(await arrival).toMatchObject([
    { event: "state", data: { state: "expected" } },
    { event: "state", data: { request_id: id, state: "expected", successor } },
  ]);
  const again = await open(id);
  expect(again.status).toBe(307);
  expect(again.headers.get("location")).toBe(`/v1/transcripts/${successor}/events`);
});

it("ends with the deletion", async () => {
  const { id, body } = transcript();
  await deliver(body);
  await get(`/v1/transcripts/${id}`, {
    method: "DELETE",
    headers: { authorization: "Bearer admin-token" },
  });
  const events = await take(await open(id), 9);
  expect(events).toMatchObject([{ event: "state", data: { state: "deleted" } }]);
  // An EventSource would come back for ever.
  expect((await open(id, { "last-event-id": events[0]?.id ?? "" })).status).toBe(204);
});

it("waits for the first sign of an unknown request only with ?wait=", async () => {
  const { id, body } = transcript();
  expect((await open(id)).status).toBe(404);
  const waiting = get(`/v1/transcripts/${id}/events?wait=20`);
  await deliver(body);
  expect(await take(await waiting, 1)).toMatchObject([{ data: { state: "received" } }]);
});

describe("a listener", () => {
  /** What R2 is asked in some seconds, once the first events are there. */
  async function asked(id: string, seconds: number, events: number) {
    const counts = { head: 0, get: 0, list: 0 };
    const counted = <Name extends keyof typeof counts>(name: Name) =>
      ((...given: never[]) => {
        counts[name]++;
        return (env.TRANSCRIPTS[name] as (...all: never[]) => unknown)(...given);
      }) as R2Bucket[Name];
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      head: counted("head"),
      get: counted("get"),
      list: counted("list"),
    });
    const replaced = { ...WITH_WEBHOOK, TRANSCRIPTS };
    const response = await get(`/v1/transcripts/${id}/events`, { env: replaced });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (text.split("event: ").length <= events) {
      text += new TextDecoder().decode((await reader.read()).value);
    }
    Object.assign(counts, { head: 0, get: 0, list: 0 });
    await scheduler.wait(seconds * 1_000);
    await reader.cancel();
    return counts;
  }

  it("costs at most one read a second of what has come, and lists no ledger that stays as it is", async () => {
    const { id, body } = transcript();
    await deliver(body);
    await consume([{ type: "callback", request_id: id }], WITH_WEBHOOK, { attempts: 2 });
    const { head, ...others } = await asked(id, 3.5, 2);
    expect(others).toEqual({ get: 0, list: 0 });
    expect(head).toBeGreaterThan(0);
    expect(head).toBeLessThanOrEqual(3);
  });

  it("costs at most one read a second of what is expected", async () => {
    const id = crypto.randomUUID();
    const customMetadata = { state: "expected", expected_at: new Date().toISOString() };
    await env.TRANSCRIPTS.put(`expected/${id}`, "", { customMetadata });
    const { head, ...others } = await asked(id, 3.5, 1);
    expect(others).toEqual({ get: 0, list: 0 });
    expect(head).toBeGreaterThan(0);
    expect(head).toBeLessThanOrEqual(3);
  });
});

it("asks no more when the client is gone", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const client = new AbortController();
  const head = vi.spyOn(env.TRANSCRIPTS, "head");
  const request = new Request(`https://edge.test/v1/transcripts/${id}/events`, {
    headers: { authorization: READER },
    signal: client.signal,
  });
  await take(await send(request), 1);
  client.abort();
  await scheduler.wait(50);
  head.mockClear();
  await scheduler.wait(2_500);
  expect(head).not.toHaveBeenCalled();
  head.mockRestore();
});
