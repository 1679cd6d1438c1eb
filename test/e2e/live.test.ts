import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { streamToCallback } from "../fake-deepgram/stream.ts";
import { type ScriptOptions, streamScript } from "../fake-deepgram/stream-script.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const persistTo = mkdtempSync(join(tmpdir(), "edge-receiver-"));
let worker: RunningWorker;

const start = async () => {
  worker = await runWorker({
    persistTo,
    vars: {
      CALLBACK_CREDENTIALS: "deepgram:e2e-password",
      API_TOKENS: "e2e:read+submit+admin:e2e-token",
      LIVE_SILENCE_SECONDS: "6",
    },
  });
};

beforeAll(start);

afterAll(async () => {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
});

const script = (options: ScriptOptions = {}) =>
  streamScript({ requestId: crypto.randomUUID(), marks: false, ...options });

const callback = (scheme: "http" | "ws", password = "e2e-password") =>
  `${worker.url.replace("http", scheme).replace("://", `://deepgram:${password}@`)}/hook`;

const get = (path: string) =>
  fetch(`${worker.url}/v1/transcripts/${path}`, { headers: { authorization: "Token e2e-token" } });

// biome-ignore lint/suspicious/noExplicitAny: the status as a client sees it
const statusOf = async (id: string): Promise<any> => (await get(`${id}/status`)).json();

const received = (id: string) =>
  eventually(
    () => statusOf(id),
    ({ state }) => state === "received",
  );

const wordsOf = async (id: string): Promise<unknown[]> => {
  const body = (await (await get(id)).json()) as {
    results: { channels: { alternatives: { words: unknown[] }[] }[] };
  };
  return body.results.channels.flatMap(({ alternatives }) => alternatives[0]!.words);
};

const said = ({ messages }: ReturnType<typeof script>, channels = 1): unknown[] =>
  [...Array(channels).keys()].flatMap((channel) =>
    messages
      .filter(({ message }) => message.is_final === true)
      .filter(({ message }) => (message.channel_index as number[])[0] === channel)
      .flatMap(
        ({ message }) =>
          (message.channel as { alternatives: { words: unknown[] }[] }).alternatives[0]!.words,
      ),
  );

describe.each(["http", "ws"] as const)("a stream by %s", (scheme) => {
  it("is live, then received as a whole", async () => {
    const its = script({ channels: 2, marks: scheme === "ws" });
    const streaming = streamToCallback({ script: its, callback: callback(scheme), speed: 20 });
    await eventually(
      () => statusOf(its.requestId),
      ({ state }) => state === "live",
    );
    const partial = await get(`${its.requestId}.txt?partial=true`);
    expect(partial.status).toBe(200);
    const report = await streaming;
    expect(report.accepted).toBe(report.sent);
    expect(await received(its.requestId)).toMatchObject({ warnings: [], conflicts: [] });
    expect(await wordsOf(its.requestId)).toEqual(said(its, 2));
  });
});

it("repeated and out of order it is the same", async () => {
  const its = script();
  const report = await streamToCallback({
    ...{ script: its, callback: callback("http"), speed: 20 },
    ...{ duplicate: 0.3, reorder: 0.4 },
  });
  expect(report.sent).toBeGreaterThan(its.messages.length);
  expect(await received(its.requestId)).toMatchObject({ warnings: [], conflicts: [] });
  expect(await wordsOf(its.requestId)).toEqual(said(its));
});

const SOCKETS = inject("isFull") ? 200 : 20;

it(`${SOCKETS} WebSockets at once, 5 messages a second each, lose nothing`, async () => {
  const scripts = Array.from({ length: SOCKETS }, (_, stream) => {
    const its = script({ turns: 2 });
    const at = (index: number) => (index + stream / SOCKETS) / 5;
    const messages = its.messages.map(({ message }, index) => ({ message, at: at(index) }));
    return { ...its, messages };
  });
  const reports = await Promise.all(
    scripts.map((its) => streamToCallback({ script: its, callback: callback("ws") })),
  );
  expect(new Set(reports.map(({ closeCode }) => closeCode))).toEqual(new Set([1000]));
  for (const its of scripts) {
    expect(await received(its.requestId)).toMatchObject({ warnings: [], conflicts: [] });
    expect(await wordsOf(its.requestId)).toEqual(said(its));
  }
});

it("a WebSocket with a wrong password is not opened", async () => {
  const streaming = streamToCallback({ script: script(), callback: callback("ws", "wrong") });
  await expect(streaming).rejects.toThrow("opens no WebSocket");
});

it("a WebSocket that breaks off ends its stream with a warning", async () => {
  const its = script({ marks: true });
  await streamToCallback({ script: its, callback: callback("ws"), speed: 50, breakOffAfter: 20 });
  expect(await received(its.requestId)).toMatchObject({
    warnings: [{ type: "missing_terminal_message" }, { type: "incomplete_audio" }],
  });
});

it("pushes each segment over HTTP before the next one comes", async () => {
  const its = script();
  const finals = its.messages.filter(({ message }) => message.is_final === true);
  const post = (message: unknown) =>
    fetch(`${worker.url}/hook`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("deepgram:e2e-password")}` },
      body: JSON.stringify(message),
    });
  await post(finals[0]!.message);
  const client = new AbortController();
  const events = await fetch(`${worker.url}/v1/transcripts/${its.requestId}/events`, {
    headers: { authorization: "Token e2e-token" },
    signal: client.signal,
  });
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  const segment = async () => {
    for (;;) {
      const { value = "" } = await reader.read();
      if (value.includes("event: segment")) return;
    }
  };
  await segment();
  for (const { message } of finals.slice(1, 6)) {
    const pushed = segment();
    expect((await post(message)).status).toBe(200);
    await pushed;
  }
  client.abort();
});

describe("the Worker killed in mid-stream", () => {
  it.each(["http", "ws"] as const)("loses no final that came by %s", async (scheme) => {
    const its = script({ turns: 12 });
    const middle = its.messages.findIndex(({ at }) => at > its.duration / 2);
    const first = { ...its, messages: its.messages.slice(0, middle) };
    const isWhole = scheme === "http";
    const finals = first.messages.filter(({ message }) => message.is_final === true).length;
    // The socket stays open until the Worker is gone.
    const lasting = isWhole ? [] : [{ ...its.messages.at(-1)!, at: 6_000 }];
    const leaving = new AbortController();
    const streaming = streamToCallback({
      script: { ...first, messages: [...first.messages, ...lasting] },
      callback: callback(scheme),
      speed: 100,
      signal: leaving.signal,
    });
    await eventually(
      () => statusOf(its.requestId),
      ({ live }) => live?.finals === finals,
    );
    if (isWhole) await streaming;
    else void streaming.catch(() => {});
    await worker.stop("SIGKILL");
    leaving.abort();
    await start();
    expect(await statusOf(its.requestId)).toMatchObject({ state: "live", live: { finals } });
    if (isWhole) {
      const rest = { ...its, messages: its.messages.slice(middle) };
      const report = await streamToCallback({
        script: rest,
        callback: callback("http"),
        speed: 50,
      });
      expect(report.accepted).toBe(report.sent);
    }
    const status = await eventually(
      () => statusOf(its.requestId),
      ({ state }) => state === "received",
      150_000,
    );
    const expected = isWhole ? its : first;
    expect(status.warnings).toMatchObject(isWhole ? [] : [{ type: "missing_terminal_message" }]);
    expect(await wordsOf(its.requestId)).toEqual(said(expected));
  });
});
