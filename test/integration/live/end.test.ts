import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, settledKeys } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { alarmAfter, ownerNamed, post, postAll, statusOf } from "./stream.ts";

const script = (options: Parameters<typeof streamScript>[0] = {}) =>
  streamScript({ requestId: crypto.randomUUID(), marks: false, ...options });

/** Replaces bindings of an owner until it loses its memory. */
const withEnv = (name: string, replaced: Partial<Env>) =>
  runInDurableObject(ownerNamed(name), (instance) => {
    Object.assign(instance, { env: { ...env, ...replaced } });
  });

const alarmOf = (name: string) =>
  runInDurableObject(ownerNamed(name), (_, { storage }) => storage.getAlarm());

it("comes soon after the terminal message, and after what is late", async () => {
  const its = script();
  const [late, ...others] = its.messages.filter(({ message }) => message.is_final !== false);
  const secondsLeft = async () => ((await alarmOf(its.requestId))! - Date.now()) / 1_000;
  await postAll(others.slice(0, -1));
  expect(await secondsLeft()).toBeGreaterThan(200);
  await postAll(others.slice(-1));
  expect(await secondsLeft()).toBeLessThan(36);
  await alarmAfter(its.requestId, 40);
  expect(await secondsLeft()).toBeGreaterThan(80_000);
  await postAll([late!]);
  expect(await secondsLeft()).toBeLessThan(6);
});

it("is repeated while R2 is away, and nothing is lost", async () => {
  const its = script();
  await postAll(its.messages);
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("away") });
  await withEnv(its.requestId, { TRANSCRIPTS });
  await alarmAfter(its.requestId, 3);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "live" });
  expect((await get(`/v1/transcripts/${its.requestId}.txt?partial=true`)).status).toBe(200);
  const alarm = await alarmOf(its.requestId);
  expect(alarm! - Date.now()).toBeGreaterThan(20_000);
  await withEnv(its.requestId, {});
  await alarmAfter(its.requestId, 40);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received", conflicts: [] });
});

it("comes with all speech also while D1 is away from beginning to end", async () => {
  const its = script();
  const away = refuses("D1_ERROR: Network connection lost.");
  await withEnv(its.requestId, { CATALOGUE: faulty(env.CATALOGUE, { batch: away }) });
  expect(new Set(await postAll(its.messages))).toEqual(new Set([200]));
  await alarmAfter(its.requestId, 3);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received" });
});

it("a crash between storing and handing over is made good", async () => {
  const its = script();
  await postAll(its.messages);
  const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { send: refuses("away") });
  const noMarker = (key: string, ...rest: unknown[]) =>
    key.startsWith("outbox/")
      ? refuses("away")()
      : Reflect.apply(env.TRANSCRIPTS.put, env.TRANSCRIPTS, [key, ...rest]);
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: noMarker });
  await withEnv(its.requestId, { FOLLOW_UP_QUEUE, TRANSCRIPTS });
  await alarmAfter(its.requestId, 3);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received" });
  const { queue, sent } = recordingQueue();
  await withEnv(its.requestId, { FOLLOW_UP_QUEUE: queue });
  await alarmAfter(its.requestId, 40);
  expect(sent).toEqual([{ type: "callback", request_id: its.requestId }]);
  expect(await statusOf(its.requestId)).toMatchObject({ conflicts: [] });
});

it("a stream of hours ends too: its document is never held whole", async () => {
  const its = script({ channels: 2 });
  const [first] = its.messages;
  await post(first!.message);
  const finals = its.messages.filter(({ message }) => message.is_final === true);
  const count = 10_000;
  await runInDurableObject(ownerNamed(its.requestId), (_, { storage }) => {
    for (let seq = 1; seq <= count; seq++) {
      const { message } = finals[seq % 8]!;
      const [channel] = message.channel_index as [number];
      storage.sql.exec(
        "INSERT INTO messages VALUES ('final', ?, ?, 4, '', ?, ?, ?)",
        ...[channel, seq * 4, seq, Date.now(), JSON.stringify(message)],
      );
    }
  });
  await evictDurableObject(ownerNamed(its.requestId));
  await alarmAfter(its.requestId, 400);
  await alarmAfter(its.requestId, 420);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received", channels: 2 });
  const { bytes, duration } = await statusOf(its.requestId);
  expect(bytes).toBeGreaterThan(MAX_HELD_BYTES);
  expect(duration).toBe(count * 4 + 4);
  await settledKeys();
  const body = await (await get(`/v1/transcripts/${its.requestId}`)).json<{
    results: { channels: { alternatives: { words: unknown[] }[] }[] };
  }>();
  const words = body.results.channels.map(({ alternatives }) => alternatives[0]!.words.length);
  expect(words.reduce((sum, more) => sum + more)).toBeGreaterThan(count);
});

it("an error that Deepgram tells in mid-stream is a warning, and the speech stays", async () => {
  const its = script();
  await postAll(its.messages.slice(0, -1));
  expect((await deliver(errorBody("err_code", its.requestId))).status).toBe(200);
  await postAll(its.messages.slice(-1));
  await alarmAfter(its.requestId, 3);
  expect(await statusOf(its.requestId)).toMatchObject({
    state: "received",
    conflicts: [],
    warnings: [{ type: "stream_message", message: expect.stringContaining("err_code") }],
  });
});

it("what an error in mid-stream quotes of credentials is in no warning", async () => {
  const its = script();
  await postAll(its.messages.slice(0, -1));
  const err_msg = "https://x-1:hidden@edge.test/hook/x-1 and extra=callback_secret:hidden";
  const error = JSON.stringify({ err_code: "X", err_msg, request_id: its.requestId });
  expect((await deliver(error)).status).toBe(200);
  await postAll(its.messages.slice(-1));
  await alarmAfter(its.requestId, 3);
  const { warnings } = await statusOf(its.requestId);
  expect(JSON.stringify(warnings)).toContain("edge.test");
  expect(JSON.stringify(warnings)).not.toContain("hidden");
});
