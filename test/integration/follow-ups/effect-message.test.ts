import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { consume } from "../../support/consume.ts";
import { deliver, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { shortenTimeouts } from "../../support/shorten-timeouts.ts";
import { WEBHOOK_SECRET } from "../../support/webhook-secret.ts";
import {
  callback,
  delivered,
  failNext,
  followUpsOf,
  forgetDeliveries,
  NOTIFY,
  origin,
  planned,
  url,
} from "../../support/webhook-work.ts";
import { later } from "../../support/work-off.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

beforeEach(async () => {
  await forgetDeliveries();
});

describe("the message of an effect", () => {
  it("makes one signed notification, shown in the status", async () => {
    const { id, body } = transcript({ extra: { customer: "42" } });
    const sent = await planned(body, id);
    expect(await consume(sent, NOTIFY)).toEqual({ acked: ["m0"], retried: [] });
    const [delivery, ...more] = await delivered();
    expect(more).toEqual([]);
    expect(delivery).toMatchObject({
      valid: true,
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
    });
    expect(JSON.parse(delivery?.body ?? "")).toMatchObject({
      type: "transcript.received",
      timestamp: expect.any(String),
      data: {
        request_id: id,
        url: `https://edge.test/v1/transcripts/${id}`,
        extra: { customer: "42" },
        error: null,
      },
    });
    expect(delivery?.body).not.toContain("audio_sha256");
    expect(await followUpsOf(id)).toMatchObject([{ state: "done", attempts: 1, last_error: null }]);
  });

  it("tells of a failure as transcript.failed with Deepgram's error", async () => {
    const id = crypto.randomUUID();
    await consume(await planned(errorBody("category", id), id), NOTIFY);
    expect(JSON.parse((await delivered())[0]?.body ?? "")).toMatchObject({
      type: "transcript.failed",
      data: { request_id: id, error: { code: "INVALID_AUDIO" } },
    });
  });

  it("makes one notification of ten deliveries, however often the messages come", async () => {
    const { id, body } = transcript();
    const { queue, sent } = recordingQueue();
    const replaced = { ...NOTIFY, FOLLOW_UP_QUEUE: queue };
    for (let delivery = 0; delivery < 10; delivery++) await deliver(body, { env: replaced });
    expect(sent).toEqual(Array(10).fill(callback(id)));
    await consume(sent.splice(0), replaced);
    const effects = [...sent, ...sent, ...sent];
    await consume(effects, replaced);
    await consume(effects, replaced);
    await consume(Array(10).fill(callback(id)), replaced);
    await consume(sent, replaced);
    expect(await delivered()).toHaveLength(1);
  });

  it("tries again with the same webhook-id and body after a failure, later each time", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ times: 2, status: 500 });
    const [first] = (await consume(sent, NOTIFY)).retried;
    expect(first?.delaySeconds).toBeGreaterThanOrEqual(5);
    expect(first?.delaySeconds).toBeLessThanOrEqual(10);
    expect(await followUpsOf(id)).toMatchObject([
      { state: "retrying", attempts: 1, last_error: "the endpoint answered 500" },
    ]);
    later(10);
    const [second] = (await consume(sent, NOTIFY)).retried;
    expect(second?.delaySeconds).toBeGreaterThanOrEqual(10);
    expect(second?.delaySeconds).toBeLessThanOrEqual(20);
    later(20);
    await consume(sent, NOTIFY);
    const deliveries = await delivered();
    expect(deliveries).toHaveLength(3);
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(1);
    expect(new Set(deliveries.map(({ body }) => body)).size).toBe(1);
    expect(await followUpsOf(id)).toMatchObject([{ state: "done", attempts: 3 }]);
  });

  it("honours Retry-After, also when the callback comes again meanwhile", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 429, headers: { "retry-after": "77" } });
    expect((await consume(sent, NOTIFY)).retried).toEqual([{ id: "m0", delaySeconds: 77 }]);
    const { retried } = await consume([...sent, ...sent], NOTIFY);
    expect(retried.map(({ delaySeconds }) => delaySeconds)).toEqual([77, 77]);
    expect(await delivered()).toHaveLength(1);
  });

  it("does not hurry because an endpoint says Retry-After: 0", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 503, headers: { "retry-after": "0" } });
    const [retry] = (await consume(sent, NOTIFY)).retried;
    expect(retry?.delaySeconds).toBeGreaterThanOrEqual(5);
  });

  it("is made once for ten messages, while the endpoint asks for time", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ times: 10, status: 429, headers: { "retry-after": "3600" } });
    await consume(Array(10).fill(sent[0]), NOTIFY);
    await consume(Array(10).fill(sent[0]), NOTIFY);
    expect(await delivered()).toHaveLength(1);
  });

  it("is tried again when its endpoint hangs", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 204, hangMs: 2_000 });
    shortenTimeouts();
    expect((await consume(sent, NOTIFY)).acked).toEqual([]);
    expect(await followUpsOf(id)).toMatchObject([{ last_error: "no answer within 10000 ms" }]);
  });

  it("waits while WEBHOOK_ENDPOINTS cannot be read", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    const settled = await consume(sent, { ...NOTIFY, WEBHOOK_ENDPOINTS: "{slip" });
    expect(settled).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
    later(10);
    expect((await consume(sent, NOTIFY)).acked).toEqual(["m0"]);
    expect(await delivered()).toHaveLength(1);
  });

  it("does not follow a redirect", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 307, headers: { location: `${origin}/elsewhere` } });
    await consume(sent, NOTIFY);
    expect(await delivered()).toHaveLength(1);
    expect(await followUpsOf(id)).toMatchObject([{ state: "retrying" }]);
  });

  it("that is being done elsewhere waits", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 204, hangMs: 400 });
    const both = await Promise.all([consume(sent, NOTIFY), consume(sent, NOTIFY)]);
    expect(both.flatMap(({ acked }) => acked)).toEqual(["m0"]);
    expect(both.flatMap(({ retried }) => retried)).toHaveLength(1);
    expect(await delivered()).toHaveLength(1);
  });

  it.each([
    ["410", async () => void (await failNext({ status: 410 })), NOTIFY],
    ["an endpoint that is not configured", async () => {}, { ...NOTIFY, WEBHOOK_ENDPOINTS: "{}" }],
  ])("ends with %s, and the work is kept among the dead letters", async (_, prepare, replaced) => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await prepare();
    expect(await consume(sent, replaced)).toEqual({ acked: ["m0"], retried: [] });
    expect(await followUpsOf(id)).toMatchObject([{ state: "failed", attempts: 1 }]);
    const deadLetter = await env.TRANSCRIPTS.get(
      `dead-letters/${id}/webhook:crm:transcript.received`,
    );
    expect(await deadLetter?.json()).toMatchObject({
      message: sent[0],
      reason: expect.any(String),
    });
  });

  it("is done again with the same webhook-id when the consumer died before recording it", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    let writes = 0;
    const put = async (key: string, ...rest: [string]) => {
      writes++;
      if (writes > 1) throw new Error("the isolate is gone");
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    expect((await consume(sent, { ...NOTIFY, TRANSCRIPTS })).acked).toEqual([]);
    expect(await followUpsOf(id)).toMatchObject([{ state: "running", attempts: 1 }]);
    const early = await consume(sent, NOTIFY);
    expect(early.retried[0]?.delaySeconds).toBeGreaterThan(50);
    later(241);
    expect((await consume(sent, NOTIFY)).acked).toEqual(["m0"]);
    const ids = (await delivered()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(await followUpsOf(id)).toMatchObject([{ state: "done", attempts: 2 }]);
  });

  it("of a transcript that has just been deleted does nothing", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await writeTombstone(env.TRANSCRIPTS, id as RequestId, new Date().toISOString(), null);
    expect(await consume(sent, NOTIFY)).toEqual({ acked: ["m0"], retried: [] });
    expect(await delivered()).toEqual([]);
  });

  it("of a deleted transcript does nothing", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect(await consume(sent, NOTIFY)).toEqual({ acked: ["m0"], retried: [] });
    expect(await delivered()).toEqual([]);
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
  });

  it("signs with every secret while they are rotated", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    const secret = [`whsec_${btoa("the next one")}`, WEBHOOK_SECRET];
    const WEBHOOK_ENDPOINTS = JSON.stringify({ crm: { url, secret } });
    await consume(sent, { ...NOTIFY, WEBHOOK_ENDPOINTS });
    expect(await delivered()).toMatchObject([{ valid: true }]);
  });
});

it("no secret is in a notification, in R2, in the status or in the log", async () => {
  const logged = (["info", "warn", "error", "log"] as const).map((level) =>
    vi.spyOn(console, level),
  );
  const { id, body } = transcript({ callbackSecret: "first-secret" });
  await deliver(body, { authorization: null, env: NOTIFY });
  const { queue, sent } = recordingQueue();
  await consume([callback(id)], { ...NOTIFY, FOLLOW_UP_QUEUE: queue });
  await consume(sent, NOTIFY);
  const stored = await Promise.all(
    (await storedKeys()).map(async (key) => {
      const object = await env.TRANSCRIPTS.get(key);
      return key + JSON.stringify(object?.customMetadata) + (await object?.text());
    }),
  );
  const status = await (await get(`/v1/transcripts/${id}/status`)).text();
  const all = [...stored, status, JSON.stringify(sent), JSON.stringify(await delivered())]
    .concat(logged.map(({ mock }) => JSON.stringify(mock.calls)))
    .join();
  expect(all).toContain('"event');
  for (const secret of ["first-secret", "first-password", "read-token", WEBHOOK_SECRET.slice(6)]) {
    expect(all).not.toContain(secret);
  }
});
