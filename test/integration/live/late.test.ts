import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { BASIC, send, storedKeys } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { recordingQueue } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { job, SIGNING_KEYS } from "../../support/jobs.ts";
import { later } from "../../support/work-off.ts";
import { alarmAfter, keptKinds, ownerNamed, post, statusOf } from "./stream.ts";

afterEach(() => void vi.useRealTimers());

type Message = { type: string; is_final?: boolean };

/** The finals of a conversation and its terminal message, the same words with every id. */
const conversation = (id: string): Message[] =>
  streamScript({ requestId: id, marks: false, interims: false }).messages.map(
    ({ message }) => message as Message,
  );

const body = async (id: string) =>
  (await (await get(`/v1/transcripts/${id}`)).text()).replaceAll(id, "ID");

/** The document of the whole conversation, its id put out of the way. */
async function wholeDocument(): Promise<string> {
  const id = crypto.randomUUID();
  for (const message of conversation(id)) await post(message);
  await alarmAfter(id, 3);
  return body(id);
}

const halves = (messages: Message[]) => {
  const middle = Math.floor(messages.length / 2);
  return [messages.slice(0, middle), messages.slice(middle)] as const;
};

async function open(path: string, authorization: string): Promise<WebSocket> {
  const headers = { upgrade: "websocket", authorization };
  const request = new Request(`https://edge.test${path}`, { headers });
  const { webSocket } = await send(request, { SIGNING_KEYS });
  webSocket!.accept();
  return webSocket!;
}

const sendAll = (socket: WebSocket, messages: unknown[]) => {
  for (const message of messages) socket.send(JSON.stringify(message));
};

const received = (id: string) =>
  eventually(async () => expect(await statusOf(id)).toMatchObject({ state: "received" }));

describe("a stream that resumes after a silence longer than LIVE_SILENCE_SECONDS", () => {
  it("becomes one whole transcript", async () => {
    const id = crypto.randomUUID();
    const [before, after] = halves(conversation(id));
    for (const message of before) await post(message);
    await alarmAfter(id, 301);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
    for (const message of after) await post(message);
    await alarmAfter(id, 5);
    expect(await body(id)).toBe(await wholeDocument());
    expect(await statusOf(id)).toMatchObject({ state: "received", warnings: [], conflicts: [] });
  });

  it("is made anew within 5 s also while more messages come", async () => {
    const id = crypto.randomUUID();
    const [before, [next, ...rest]] = halves(conversation(id));
    for (const message of before) await post(message);
    await alarmAfter(id, 301);
    const { sha256 } = await statusOf(id);
    later(400);
    await post(next);
    for (const message of rest.slice(0, 4)) {
      later(1);
      await post(message);
    }
    await runDurableObjectAlarm(ownerNamed(id));
    expect((await statusOf(id)).sha256).not.toBe(sha256);
  });
});

describe("a WebSocket that is opened again", () => {
  it("continues the transcript of its job, also after the document was stored", {
    timeout: 40_000,
  }, async () => {
    const id = crypto.randomUUID();
    const { name, authorization } = await job("x");
    const [before, after] = halves(conversation(id));
    const one = await open(`/hook/${name}`, authorization);
    sendAll(one, before);
    await eventually(async () => expect(await statusOf(id)).toMatchObject({ state: "live" }));
    one.close(1000);
    await received(id);
    const two = await open(`/hook/${name}`, authorization);
    sendAll(two, after);
    two.close(1000);
    const whole = await wholeDocument();
    await vi.waitFor(async () => expect(await body(id)).toBe(whole), { timeout: 10_000 });
    expect(await statusOf(id)).toMatchObject({ warnings: [], conflicts: [] });
  });

  it("keeps the stream live when it comes before the document was stored", async () => {
    const id = crypto.randomUUID();
    const { name, authorization } = await job("x");
    const [before] = halves(conversation(id));
    const one = await open(`/hook/${name}`, authorization);
    sendAll(one, before);
    await eventually(async () => expect(await statusOf(id)).toMatchObject({ state: "live" }));
    one.close(1000);
    await eventually(() =>
      runInDurableObject(ownerNamed(name), (_, { storage }) =>
        expect(storage.kv.get("stream")).toMatchObject({ closedAt: expect.any(Number) }),
      ),
    );
    await open(`/hook/${name}`, authorization);
    await alarmAfter(name, 1);
    expect(await statusOf(id)).toMatchObject({ state: "live" });
  });

  it("with another request is refused: its messages go to quarantine, the transcript stays", async () => {
    const [id, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const { name, authorization } = await job("x");
    const one = await open(`/hook/${name}`, authorization);
    sendAll(one, conversation(id));
    one.close(1000);
    await received(id);
    const before = await body(id);
    const two = await open(`/hook/${name}`, authorization);
    const closed = new Promise<CloseEvent>((resolve) => two.addEventListener("close", resolve));
    sendAll(two, conversation(other).slice(0, 1));
    expect((await closed).code).toBe(1008);
    expect(await storedKeys()).toContainEqual(expect.stringMatching(/^quarantine\//));
    await alarmAfter(name, 5);
    expect(await body(id)).toBe(before);
    expect(await statusOf(other)).toMatchObject({ status: 404 });
  });

  it("on /hook hands its messages to the object that has the request", {
    timeout: 40_000,
  }, async () => {
    const id = crypto.randomUUID();
    const [before, after] = halves(conversation(id));
    const one = await open("/hook", BASIC);
    sendAll(one, before);
    await eventually(async () => expect(await statusOf(id)).toMatchObject({ state: "live" }));
    one.close(1000);
    await received(id);
    const two = await open("/hook", BASIC);
    sendAll(two, after);
    two.close(1000);
    const whole = await wholeDocument();
    await vi.waitFor(async () => expect(await body(id)).toBe(whole), { timeout: 10_000 });
    expect(await statusOf(id)).toMatchObject({ warnings: [], conflicts: [] });
  });

  it("messages that come by POST to /hook go to the stream of a WebSocket as well", async () => {
    const id = crypto.randomUUID();
    const [before, after] = halves(conversation(id));
    const socket = await open("/hook", BASIC);
    sendAll(socket, before);
    await eventually(async () => expect(await statusOf(id)).toMatchObject({ state: "live" }));
    for (const message of after) expect((await post(message)).status).toBe(200);
    const owner = (await env.TRANSCRIPTS.head(`expected/${id}`))!.customMetadata!.owner!;
    expect(await keptKinds(owner)).toEqual({ final: conversation(id).length - 1, metadata: 1 });
    expect(await keptKinds(id)).toEqual({});
    await alarmAfter(owner, 3);
    expect(await body(id)).toBe(await wholeDocument());
  });
});

describe("a final that comes after the terminal message", () => {
  /** A stream that lacks its second final, 35 s after its terminal message. */
  async function incomplete() {
    const id = crypto.randomUUID();
    const [first, late, ...rest] = conversation(id);
    for (const message of [first, ...rest]) await post(message);
    await alarmAfter(id, 36);
    expect(await statusOf(id)).toMatchObject({
      state: "received",
      warnings: [{ type: "incomplete_audio" }],
    });
    return { id, late, others: [first, ...rest] };
  }

  it.each([60, 290])("is in the current document %i s later", async (seconds) => {
    const { id, late } = await incomplete();
    later(seconds);
    expect((await post(late)).status).toBe(200);
    await alarmAfter(id, 5);
    expect(await body(id)).toBe(await wholeDocument());
    expect(await statusOf(id)).toMatchObject({ warnings: [], conflicts: [] });
  });

  it.each([
    ["an eviction", async (id: string) => evictDurableObject(ownerNamed(id))],
    ["a restart", () => abortAllDurableObjects()],
  ])("is in it also when %s came before it, and after it", async (_, interrupt) => {
    const { id, late } = await incomplete();
    later(290);
    await interrupt(id);
    await post(late);
    await interrupt(id);
    await alarmAfter(id, 5);
    expect(await body(id)).toBe(await wholeDocument());
  });

  it("has receivers notified that the document was replaced", async () => {
    const { id, late } = await incomplete();
    const { queue, sent } = recordingQueue();
    await runInDurableObject(ownerNamed(id), (instance) => {
      Object.assign(instance, { env: { ...env, FOLLOW_UP_QUEUE: queue } });
    });
    await post(late);
    await alarmAfter(id, 5);
    expect(sent).toEqual([{ type: "callback", request_id: id }]);
  });

  it("changes nothing when it is one that was there", async () => {
    const { id, others } = await incomplete();
    const before = await statusOf(id);
    const { queue, sent } = recordingQueue();
    await runInDurableObject(ownerNamed(id), (instance) => {
      Object.assign(instance, { env: { ...env, FOLLOW_UP_QUEUE: queue } });
    });
    for (const message of others) expect((await post(message)).status).toBe(200);
    await alarmAfter(id, 10);
    expect(await statusOf(id)).toEqual(before);
    expect(sent).toEqual([]);
  });

  it("is not kept after the transcript was deleted", async () => {
    const { id, late } = await incomplete();
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect((await post(late)).status).toBe(200);
    await alarmAfter(id, 5);
    expect(await statusOf(id)).toMatchObject({ state: "deleted" });
    const left = (await storedKeys()).filter((key) => key.includes(id));
    expect(left).toEqual([`callbacks/${id}`]);
    const tables = await runInDurableObject(ownerNamed(id), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'messages'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("is made known when a crash came between keeping it and setting the alarm", async () => {
    const { id, late } = await incomplete();
    await post(late);
    await runInDurableObject(ownerNamed(id), (_, { storage }) =>
      storage.setAlarm(Date.now() + 86_400_000),
    );
    await post(late);
    const alarm = await runInDurableObject(ownerNamed(id), (_, { storage }) => storage.getAlarm());
    expect(alarm! - Date.now()).toBeLessThan(5_000);
  });
});

describe("a stream of a job", () => {
  const mark = { type: "SpeechStarted", channel: [0, 1], timestamp: 0.1 };

  it("of which only messages without an id came before a long silence is one transcript", async () => {
    const id = crypto.randomUUID();
    const { name } = await job("x");
    const how = { path: `/hook/${name}` };
    await post(mark, how);
    await alarmAfter(name, 400);
    for (const message of conversation(id)) await post(message, how);
    await alarmAfter(name, 3);
    expect(await statusOf(id)).toMatchObject({ state: "received", warnings: [] });
    expect((await storedKeys()).filter((key) => key.startsWith("callbacks/"))).toEqual([
      `callbacks/${id}`,
    ]);
  });

  it("takes the request that its messages tell after an error without one was stored", async () => {
    const id = crypto.randomUUID();
    const { name, authorization } = await job("x");
    const socket = await open(`/hook/${name}`, authorization);
    socket.send('{"type":"Error","description":"slow"}');
    await eventually(async () => expect(await keptKinds(name)).toEqual({ note: 1 }));
    await alarmAfter(name, 301);
    sendAll(socket, conversation(id));
    await eventually(async () => expect(await keptKinds(name)).toMatchObject({ metadata: 1 }));
    await alarmAfter(name, 5);
    expect(await statusOf(id)).toMatchObject({
      state: "received",
      warnings: [{ type: "stream_message" }],
    });
  });
});

it("?wait answers with the first document, without waiting for late messages", async () => {
  const id = crypto.randomUUID();
  const [first, , ...rest] = conversation(id);
  for (const message of [first, ...rest]) await post(message);
  const waiting = get(`/v1/transcripts/${id}.txt?wait=20`);
  await alarmAfter(id, 36);
  expect((await waiting).status).toBe(200);
});

it("a long stream has a new document once a minute", async () => {
  const id = crypto.randomUUID();
  const [before, [next, ...rest]] = halves(conversation(id));
  for (const message of before) await post(message);
  await alarmAfter(id, 301);
  await runInDurableObject(ownerNamed(id), (_, { storage }) => {
    storage.kv.put("stream", { ...storage.kv.get<object>("stream"), documents: 20 });
  });
  await evictDurableObject(ownerNamed(id));
  const { sha256 } = await statusOf(id);
  later(400);
  await post(next);
  for (const message of rest.slice(0, 3)) {
    later(2);
    await post(message);
  }
  await runDurableObjectAlarm(ownerNamed(id));
  expect((await statusOf(id)).sha256).toBe(sha256);
  await alarmAfter(id, 60);
  expect((await statusOf(id)).sha256).not.toBe(sha256);
});
