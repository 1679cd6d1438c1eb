import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import type { RequestId } from "../../src/deepgram/request-id.ts";
import { claimEffect } from "../../src/follow-ups/ledger.ts";
import { putTombstone } from "../../src/store/erase.ts";
import { errorBody } from "../support/bodies/errors.ts";
import { consume, DEAD_LETTERS } from "../support/consume.ts";
import { deliver, send, storedKeys, transcript } from "../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../support/get.ts";
import { WEBHOOK_SECRET } from "../support/webhook-secret.ts";

const url = inject("webhookUrl");
const origin = new URL(url).origin;

const NOTIFY = {
  WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url, secret: WEBHOOK_SECRET } }),
  FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
  PUBLIC_URL: "https://edge.test",
};

type Delivery = { id: string; timestamp: string; valid: boolean; body: string };

async function delivered(): Promise<Delivery[]> {
  const response = await fetch(`${origin}/_deliveries`);
  return (await response.json<{ deliveries: Delivery[] }>()).deliveries;
}

const failNext = (order: Record<string, unknown>) =>
  fetch(`${origin}/_fail`, { method: "POST", body: JSON.stringify(order) });

const callback = (id: string) => ({ type: "callback", request_id: id });

/** Stores a transcript and works its callback message off; gives the effect messages it sent. */
async function planned(body: string, id: string, replaced: Partial<Env> = NOTIFY) {
  await deliver(body, { env: replaced });
  const { queue, sent } = recordingQueue();
  const settled = await consume([callback(id)], { ...replaced, FOLLOW_UP_QUEUE: queue });
  expect(settled).toEqual({ acked: ["m0"], retried: [] });
  return sent;
}

const wake = (id: string) => ({ type: "follow-ups", request_id: id });

/** What a message, that of a callback unless told otherwise, makes of what is there. */
async function sentFor(id: string, message: object = callback(id)) {
  const { queue, sent } = recordingQueue();
  await consume([message], { ...NOTIFY, FOLLOW_UP_QUEUE: queue });
  return sent;
}

async function followUpsOf(id: string) {
  const response = await get(`/v1/transcripts/${id}/status`);
  return (await response.json<{ follow_ups: Record<string, unknown>[] }>()).follow_ups;
}

const rows = async () =>
  (await env.CATALOGUE.prepare("SELECT * FROM transcripts ORDER BY request_id").all()).results;

afterEach(() => {
  vi.useRealTimers();
});

/** Moves the clock on. */
const later = (seconds: number) =>
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });

beforeEach(async () => {
  await fetch(`${origin}/_deliveries`, { method: "DELETE" });
});

describe("the message of a callback", () => {
  it("writes the catalogue row", async () => {
    const { id, body } = transcript({ tags: ["a"], model: "nova-3" });
    await planned(body, id);
    expect(await rows()).toMatchObject([
      { request_id: id, state: "received", bytes: body.length, channels: 1, tags: '["a"]' },
    ]);
  });

  it("that comes many times changes nothing more", async () => {
    const { id, body } = transcript();
    await deliver(body);
    await consume(Array(10).fill(callback(id)));
    const before = await rows();
    await consume([callback(id)]);
    expect(await rows()).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it("plans one effect, which the status shows as queued, and sends its message", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    const effect = { channel: "webhook", to: "crm", event: "transcript.received" };
    expect(sent).toEqual([{ type: "effect", request_id: id, effect, generation: 0 }]);
    expect(await followUpsOf(id)).toEqual([
      {
        name: "webhook:crm:transcript.received",
        state: "queued",
        attempts: 0,
        last_error: null,
        updated_at: expect.any(String),
      },
    ]);
  });

  it("plans what the request's extra asks for", async () => {
    const { id, body } = transcript({ extra: { notify_webhook: "crm" } });
    const sent = await planned(body, id, { ...NOTIFY, FOLLOW_UPS: "{}" });
    expect(sent).toHaveLength(1);
  });

  it("sends the effect again when the run before died between the ledger and the queue", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { sendBatch: refuses("overloaded") });
    const died = await consume([callback(id)], { ...NOTIFY, FOLLOW_UP_QUEUE });
    expect(died).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...NOTIFY, FOLLOW_UP_QUEUE: queue });
    expect(sent).toHaveLength(1);
  });

  it("sends the effect again when who was at it died and its message was lost", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    const wanted = {
      name: "webhook:crm:transcript.received",
      generation: 0,
      repeatableForMs: Number.POSITIVE_INFINITY,
    };
    await claimEffect(env.TRANSCRIPTS, id as RequestId, wanted, Date.now());
    expect(await sentFor(id)).toEqual([]);
    later(61);
    expect(await sentFor(id)).toEqual([work]);
  });

  it("sends an effect again that is to be retried when it is time, and no sooner", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    await failNext({ status: 500 });
    await consume([work], NOTIFY);
    expect(await followUpsOf(id)).toMatchObject([{ state: "retrying" }]);
    expect(await sentFor(id)).toEqual([]);
    later(11);
    expect(await sentFor(id)).toEqual([work]);
    await consume([work], NOTIFY);
    expect(await sentFor(id)).toEqual([]);
  });

  it("sends nothing that only a client asked for; asking again does", async () => {
    const { id, body } = transcript();
    const nothing = { ...NOTIFY, FOLLOW_UPS: "{}" };
    expect(await planned(body, id, nothing)).toEqual([]);
    const ask = async () => {
      const { queue, sent } = recordingQueue();
      const request = new Request(`https://edge.test/v1/transcripts/${id}/follow-ups`, {
        method: "POST",
        headers: { authorization: OPERATOR },
        body: NOTIFY.FOLLOW_UPS,
      });
      expect((await send(request, { ...nothing, FOLLOW_UP_QUEUE: queue })).status).toBe(202);
      await consume(sent.splice(0), { ...nothing, FOLLOW_UP_QUEUE: queue });
      return sent;
    };
    const [work] = await ask();
    expect(work).toMatchObject({ type: "effect", request_id: id });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...nothing, FOLLOW_UP_QUEUE: queue });
    expect(sent).toEqual([]);
    expect(await ask()).toEqual([work]);
  });

  it("sends no more at once than a queue takes", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const notify = Array.from({ length: 101 }, (_, index) => ({
      channel: "webhook",
      to: `e${index}`,
    }));
    const sizes: number[] = [];
    const sendBatch = async (messages: unknown[]) => void sizes.push(messages.length);
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { sendBatch });
    await consume([callback(id)], { FOLLOW_UPS: JSON.stringify({ notify }), FOLLOW_UP_QUEUE });
    expect(sizes).toEqual([100, 1]);
  });

  it("is retried with back-off when D1 is away, and the effects go out all the same", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const { queue, sent } = recordingQueue();
    const CATALOGUE = faulty(env.CATALOGUE, { batch: refuses("D1_ERROR: Network lost") });
    const replaced = { ...NOTIFY, CATALOGUE, FOLLOW_UP_QUEUE: queue };
    const { acked, retried } = await consume([callback(id)], replaced, { attempts: 3 });
    expect(acked).toEqual([]);
    expect(retried[0]?.delaySeconds).toBeGreaterThanOrEqual(20);
    expect(retried[0]?.delaySeconds).toBeLessThanOrEqual(40);
    expect(sent).toHaveLength(1);
  });

  it("is settled by itself: one that fails does not bring the others back", async () => {
    const [good, bad] = [transcript(), transcript()];
    await deliver(good.body);
    await deliver(bad.body);
    const head = (key: string) =>
      key.includes(bad.id)
        ? Promise.reject(new Error("internal error"))
        : env.TRANSCRIPTS.head(key);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { head });
    const messages = [callback(bad.id), callback(good.id), "no message"];
    const { acked, retried } = await consume(messages, { TRANSCRIPTS });
    expect(acked).toEqual(["m1", "m2"]);
    expect(await (await env.TRANSCRIPTS.get("dead-letters/stray/m2"))?.json()).toMatchObject({
      message: "no message",
    });
    expect(retried.map(({ id }) => id)).toEqual(["m0"]);
    expect(await rows()).toHaveLength(1);
  });

  it("is worked off one after another, so that large ones do not meet in memory", async () => {
    const ids = [transcript(), transcript(), transcript()].map(({ id }) => id);
    let [atWork, most] = [0, 0];
    const head = async (key: string) => {
      most = Math.max(most, ++atWork);
      await scheduler.wait(5);
      atWork--;
      return env.TRANSCRIPTS.head(key);
    };
    await consume(ids.map(callback), { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { head }) });
    expect(most).toBe(1);
  });

  it("whose row the catalogue refuses does not hold up the others", async () => {
    const [good, bad] = [transcript(), transcript({ tags: ["refused"] })];
    await deliver(good.body);
    await deliver(bad.body);
    const bound = (statement: D1PreparedStatement) => JSON.stringify(statement);
    const batch = (statements: D1PreparedStatement[]) =>
      statements.some((statement) => bound(statement).includes("refused"))
        ? Promise.reject(new Error("D1_ERROR: constraint failed"))
        : env.CATALOGUE.batch(statements);
    const CATALOGUE = faulty(env.CATALOGUE, { batch });
    const { acked, retried } = await consume([callback(bad.id), callback(good.id)], { CATALOGUE });
    expect(acked).toEqual(["m1"]);
    expect(retried.map(({ id }) => id)).toEqual(["m0"]);
    expect(await rows()).toMatchObject([{ request_id: good.id }]);
  });

  it.each([1.5, 1e300, -1, "2"])(
    "with the channels %j writes a row all the same",
    async (channels) => {
      const id = crypto.randomUUID();
      await planned(JSON.stringify({ metadata: { request_id: id, channels }, results: {} }), id);
      expect(await rows()).toMatchObject([{ request_id: id, channels: null }]);
    },
  );

  it("of a transcript deleted since erases what is left of it", async () => {
    const { id, body } = transcript();
    await planned(body, id);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    await env.TRANSCRIPTS.put(
      `beside/${id}/effects/late`,
      "written by a consumer that was at work",
    );
    await consume([callback(id)], NOTIFY);
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
    expect(await rows()).toEqual([]);
  });
});

describe("the message that wakes follow-ups", () => {
  it("sends what is queued", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    expect(await sentFor(id, wake(id))).toEqual([work]);
  });

  it("leaves what has been tried to its own message, since one comes for every translation", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    await failNext({ status: 500 });
    await consume([work], NOTIFY);
    later(11);
    expect(await sentFor(id, wake(id))).toEqual([]);
    expect(await sentFor(id)).toEqual([work]);
    const wanted = {
      name: "webhook:crm:transcript.received",
      generation: 0,
      repeatableForMs: Number.POSITIVE_INFINITY,
    };
    await claimEffect(env.TRANSCRIPTS, id as RequestId, wanted, Date.now());
    later(61);
    expect(await sentFor(id, wake(id))).toEqual([]);
    expect(await sentFor(id)).toEqual([work]);
  });
});

describe("the message of an effect", () => {
  it("makes one signed notification, told in the status", async () => {
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

  it("is tried again when its endpoint hangs", { timeout: 20_000 }, async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 204, hangMs: 12_000 });
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
    const letter = await env.TRANSCRIPTS.get(`dead-letters/${id}/webhook:crm:transcript.received`);
    expect(await letter?.json()).toMatchObject({ message: sent[0], reason: expect.any(String) });
  });

  it("is done again with the same webhook-id when whoever did it died before recording it", async () => {
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
    later(61);
    expect((await consume(sent, NOTIFY)).acked).toEqual(["m0"]);
    const ids = (await delivered()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(await followUpsOf(id)).toMatchObject([{ state: "done", attempts: 2 }]);
  });

  it("of a transcript that has just been deleted does nothing", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await putTombstone(env.TRANSCRIPTS, id as RequestId, Date.now());
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

describe("what the queue gave up", () => {
  it("is kept in R2, shown as dead and acknowledged", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 500 });
    await consume(sent, NOTIFY);
    // Another message for it may yet come.
    const early = await consume(sent, NOTIFY, { queue: DEAD_LETTERS });
    expect(early).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
    later(400);
    const settled = await consume(sent, NOTIFY, { queue: DEAD_LETTERS });
    expect(settled).toEqual({ acked: ["m0"], retried: [] });
    expect(
      await (
        await env.TRANSCRIPTS.get(`dead-letters/${id}/webhook:crm:transcript.received`)
      )?.json(),
    ).toMatchObject({
      message: sent[0],
      died_at: expect.any(String),
    });
    expect(await followUpsOf(id)).toMatchObject([
      { state: "dead", last_error: "the endpoint answered 500" },
    ]);
  });

  it.each(["", "-staging"])("is kept whatever it is, once a message: %j", async (environment) => {
    const id = crypto.randomUUID();
    const bodies = [callback(id), { type: "unknown" }, "text", null];
    await consume(bodies, {}, { queue: DEAD_LETTERS + environment });
    const settled = await consume(bodies, {}, { queue: DEAD_LETTERS });
    expect(settled.acked).toHaveLength(4);
    expect(await storedKeys()).toEqual([
      `dead-letters/${id}/callback`,
      ...[1, 2, 3].map((index) => `dead-letters/stray/m${index}`),
    ]);
  });

  it("waits while another message for the same effect is being worked on", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await failNext({ status: 204, hangMs: 300 });
    const [worked, buried] = await Promise.all([
      consume(sent, NOTIFY),
      scheduler.wait(100).then(() => consume(sent, NOTIFY, { queue: DEAD_LETTERS })),
    ]);
    expect(worked.acked).toEqual(["m0"]);
    expect(buried.retried).toHaveLength(1);
    expect(await followUpsOf(id)).toMatchObject([{ state: "done" }]);
  });

  it("does not undo an effect that was done after all", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    await consume(sent, NOTIFY);
    const buried = await consume(sent, NOTIFY, { queue: DEAD_LETTERS });
    expect(buried).toEqual({ acked: ["m0"], retried: [] });
    expect(await followUpsOf(id)).toMatchObject([{ state: "done" }]);
  });

  it("comes back when R2 does not take it", async () => {
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("internal error") });
    const settled = await consume(["text"], { TRANSCRIPTS }, { queue: DEAD_LETTERS });
    expect(settled).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
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
