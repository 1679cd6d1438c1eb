import { evictDurableObject, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { callbackUrl, newJob } from "../../../src/auth/job-credentials.ts";
import type { LiveRequest } from "../../../src/live/live-request.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { BASIC, basic, send, storedKeys } from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { get } from "../../support/get.ts";
import { alarmAfter, keptKinds, ownerNamed, statusOf } from "./stream.ts";

const SIGNING_KEYS = "test-signing-key-0123456789abcdef0";

const script = (options: Parameters<typeof streamScript>[0] = {}) =>
  streamScript({ requestId: crypto.randomUUID(), ...options });

const knock = (path: string, authorization: string | null, replaced: Partial<Env> = {}) =>
  send(
    new Request(`https://edge.test${path}`, {
      headers: { upgrade: "websocket", ...(authorization !== null && { authorization }) },
    }),
    replaced,
  );

type Opened = { socket: WebSocket; closes: CloseEvent[]; answers: unknown[] };

async function open(path = "/hook", authorization = BASIC, replaced = {}): Promise<Opened> {
  const response = await knock(path, authorization, replaced);
  expect(response.status).toBe(101);
  const socket = response.webSocket!;
  const opened: Opened = { socket, closes: [], answers: [] };
  socket.addEventListener("close", (event) => void opened.closes.push(event));
  socket.addEventListener("message", ({ data }) => void opened.answers.push(data));
  socket.accept();
  return opened;
}

const sendAll = (socket: WebSocket, messages: ReturnType<typeof script>["messages"]) => {
  for (const { message } of messages) socket.send(JSON.stringify(message));
};

/** The owner of a stream that came by a socket of its own. */
const ownerOf = async (id: string): Promise<string> => {
  const expectation = await env.TRANSCRIPTS.head(`expected/${id}`);
  return expectation!.customMetadata!.owner!;
};

const inState = (id: string, state: string) =>
  eventually(async () => {
    const status = await statusOf(id);
    expect(status).toMatchObject({ state });
    return status;
  });

it.each([
  ["no credential", null],
  ["a wrong one", basic("deepgram:wrong")],
  ["an API token", "Bearer admin-token"],
])("is not opened with %s", async (_, authorization) => {
  const before = await listDurableObjectIds(env.LIVE);
  const response = await knock("/hook", authorization);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Basic /);
  expect(response.webSocket).toBeNull();
  expect(await listDurableObjectIds(env.LIVE)).toHaveLength(before.length);
});

it("is closed with 503 where no credentials are configured", async () => {
  const replaced = { CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "" };
  expect((await knock("/hook", BASIC, replaced)).status).toBe(503);
});

it("takes a stream, messages without an id included, and ends it when it is closed", async () => {
  const its = script({ channels: 2 });
  const { socket } = await open();
  sendAll(socket, its.messages);
  socket.close(1000);
  expect(await inState(its.requestId, "received")).toMatchObject({ warnings: [], channels: 2 });
  const { results } = await (await get(`/v1/transcripts/${its.requestId}`)).json<{
    results: { utterance_ends: unknown[]; channels: unknown[] };
  }>();
  expect(results.utterance_ends).toHaveLength(6);
  expect(results.channels).toHaveLength(2);
});

it("a socket that is closed in mid-stream ends it with a warning", async () => {
  const its = script();
  const { socket } = await open();
  sendAll(socket, its.messages.slice(0, 8));
  socket.close(1001);
  expect(await inState(its.requestId, "received")).toMatchObject({
    warnings: [{ type: "missing_terminal_message" }],
  });
});

it("outlasts the eviction of its object without losing a final", async () => {
  const its = script();
  const middle = Math.floor(its.messages.length / 2);
  const { socket } = await open();
  sendAll(socket, its.messages.slice(0, middle));
  await inState(its.requestId, "live");
  const owner = ownerNamed(await ownerOf(its.requestId));
  await evictDurableObject(owner);
  sendAll(socket, its.messages.slice(middle));
  const finals = its.messages.filter(({ message }) => message.is_final === true).length;
  await eventually(async () =>
    expect(await keptKinds(await ownerOf(its.requestId))).toMatchObject({
      final: finals,
      metadata: 1,
    }),
  );
  await alarmAfter(await ownerOf(its.requestId), 3);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received", warnings: [] });
});

it("answers a ping without waking its object", async () => {
  const { socket, answers } = await open();
  socket.send("ping");
  await eventually(() => expect(answers).toEqual(["pong"]));
});

it("is closed by a message over 1 MiB, and what came before is kept", async () => {
  const its = script();
  const { socket, closes } = await open();
  sendAll(socket, its.messages.slice(0, 8));
  socket.send("x".repeat(1_048_577));
  await eventually(() => expect(closes.map(({ code }) => code)).toEqual([1009]));
  socket.close();
  await inState(its.requestId, "received");
});

it.each([
  ["text of three bytes a character", "語".repeat(349_526)],
  ["bytes", new TextEncoder().encode("語".repeat(349_526))],
])("is closed by a message over 1 MiB in UTF-8, which goes to quarantine: %s", async (_, data) => {
  const { socket, closes } = await open();
  socket.send(data);
  await eventually(() => expect(closes.map(({ code }) => code)).toEqual([1009]));
  const [key, ...others] = await storedKeys();
  expect(others).toEqual([]);
  expect(await env.TRANSCRIPTS.head(key!)).toMatchObject({
    size: 1_048_578,
    customMetadata: { reason: "message-too-large" },
  });
});

it("takes a message of 1 MiB in UTF-8", async () => {
  const its = script();
  const [first] = its.messages.filter(({ message }) => message.is_final === true);
  const { socket } = await open();
  socket.send(JSON.stringify({ ...first!.message, padding: "語".repeat(340_000) }));
  await inState(its.requestId, "live");
  expect(await keptKinds(await ownerOf(its.requestId))).toEqual({ final: 1 });
});

it("keeps what is none of Deepgram's messages as a warning, and no secret", async () => {
  const its = script({ extra: { callback_secret: "first-secret" } });
  const { socket } = await open();
  sendAll(socket, its.messages.slice(0, -1));
  socket.send('{"type":"Error","description":"no more credit"}');
  socket.send("not JSON");
  sendAll(socket, its.messages.slice(-1));
  socket.close();
  const { warnings } = await inState(its.requestId, "received");
  expect(warnings.map(({ message }: { message: string }) => message).sort()).toEqual([
    '"not JSON"',
    '{"type":"Error","description":"no more credit"}',
  ]);
  const text = await (await get(`/v1/transcripts/${its.requestId}`)).text();
  expect(text).not.toContain("first-secret");
  const kept = await runInDurableObject(
    ownerNamed(await ownerOf(its.requestId)),
    (_, { storage }) => JSON.stringify(storage.sql.exec("SELECT json FROM messages").toArray()),
  );
  expect(kept).toContain("callback_secret");
  expect(kept).not.toContain("first-secret");
});

it("a socket of a job takes the request of the job alone", async () => {
  const job = newJob("x", Date.now());
  const url = new URL(await callbackUrl("https://edge.test", job, SIGNING_KEYS));
  const authorization = basic(`${url.username}:${url.password}`);
  expect((await knock("/hook", authorization, { SIGNING_KEYS })).status).toBe(401);
  const [its, other] = [script(), script({ seed: 2 })];
  const { socket, closes } = await open(url.pathname, authorization, { SIGNING_KEYS });
  sendAll(socket, its.messages.slice(0, 8));
  await inState(its.requestId, "live");
  expect(await ownerOf(its.requestId)).toBe(job);
  sendAll(socket, other.messages.slice(0, 8));
  await eventually(() => expect(closes.map(({ code }) => code)).toEqual([1008]));
  expect(await storedKeys()).toContainEqual(expect.stringMatching(/^quarantine\//));
  expect(await statusOf(other.requestId)).toMatchObject({ status: 404 });
});

it("a socket takes no other request for a job that has one already", async () => {
  const job = newJob("s", Date.now());
  const customMetadata = { request_id: crypto.randomUUID() };
  await env.TRANSCRIPTS.put(`submitted/${job}`, "", { customMetadata });
  const url = new URL(await callbackUrl("https://edge.test", job, SIGNING_KEYS));
  const authorization = basic(`${url.username}:${url.password}`);
  const its = script();
  const { socket, closes } = await open(url.pathname, authorization, { SIGNING_KEYS });
  sendAll(socket, its.messages.slice(0, 8));
  await eventually(() => expect(closes.map(({ code }) => code)).toEqual([1008]));
  expect(await statusOf(its.requestId)).toMatchObject({ status: 404 });
});

it("a stream of which no message tells the request is kept in quarantine", async () => {
  const { socket } = await open();
  socket.send('{"type":"UtteranceEnd","channel":[0,1],"last_word_end":8.8}');
  socket.close();
  await eventually(async () =>
    expect(await storedKeys()).toEqual([expect.stringMatching(/^quarantine\//)]),
  );
});

it("keeps a final while R2 is away, and makes the request known with the next message", async () => {
  const its = script({ marks: false });
  const { socket } = await open();
  const [id] = await listDurableObjectIds<LiveRequest>(env.LIVE);
  const owner = env.LIVE.get(id!);
  const get = vi.spyOn(env.TRANSCRIPTS, "get").mockRejectedValue(new Error("away"));
  await runInDurableObject(owner, (instance) => {
    Object.assign(instance, {
      env: { ...Reflect.get(instance, "env"), TRANSCRIPTS: env.TRANSCRIPTS },
    });
  });
  sendAll(socket, its.messages.slice(0, 4));
  await eventually(() => expect(get).toHaveBeenCalled());
  expect(await env.TRANSCRIPTS.head(`expected/${its.requestId}`)).toBeNull();
  get.mockRestore();
  sendAll(socket, its.messages.slice(4));
  socket.close();
  const status = await inState(its.requestId, "received");
  expect(status).toMatchObject({ duration: its.duration, warnings: [] });
});
