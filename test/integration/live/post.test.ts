import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { callbackUrl, newJob } from "../../../src/auth/job-credentials.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { consume } from "../../support/consume.ts";
import { basic, send, storedKeys, storedText } from "../../support/deliver.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { call, expected } from "../../support/jobs.ts";
import { alarmAfter, keptKinds, ownerNamed, post, postAll, statusOf } from "./stream.ts";

const SIGNING_KEYS = "test-signing-key-0123456789abcdef0";

const script = (options: Parameters<typeof streamScript>[0] = {}) =>
  streamScript({ requestId: crypto.randomUUID(), marks: false, ...options });

const read = async (id: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: the document as a client sees it
  (await get(`/v1/transcripts/${id}`)).json() as Promise<any>;

const finalsOf = ({ messages }: ReturnType<typeof streamScript>) =>
  messages.filter(({ message }) => message.is_final === true);

it("a stream becomes one transcript of the pre-recorded form", async () => {
  const its = script({ extra: { order: "7" }, tags: ["t"] });
  const { requestId, messages, duration } = its;
  expect(new Set(await postAll(messages))).toEqual(new Set([200]));
  expect(await statusOf(requestId)).toMatchObject({ state: "live" });
  await alarmAfter(requestId, 3);
  expect(await statusOf(requestId)).toMatchObject({
    state: "received",
    duration,
    channels: 1,
    models: ["general-nova-3"],
    tags: ["t"],
    extra: { order: "7" },
    warnings: [],
    conflicts: [],
  });
  const { metadata, results } = await read(requestId);
  expect(metadata).toMatchObject({ request_id: requestId, sha256: "incomplete", channels: 1 });
  const said = finalsOf(its).map(({ message }) => (message.channel as Channel).alternatives[0]!);
  const [alternative] = results.channels[0].alternatives;
  expect(alternative.words).toEqual(said.flatMap(({ words }) => words));
  expect(alternative.transcript).toBe(
    said
      .map(({ transcript }) => transcript)
      .join(" ")
      .trim(),
  );
  expect(alternative.confidence).toBeGreaterThan(0.5);
  const vtt = await (await get(`/v1/transcripts/${requestId}.vtt`)).text();
  expect(vtt).toContain(said[0]!.transcript.split(" ")[0]);
});

type Channel = { alternatives: { transcript: string; words: unknown[] }[] };

it("several channels are put in their places, and other alternatives are kept", async () => {
  const its = script({ channels: 2 });
  for (const { message } of finalsOf(its)) {
    const { alternatives } = message.channel as Channel;
    alternatives.push({ transcript: "or else", words: [] });
  }
  await postAll(its.messages);
  await alarmAfter(its.requestId, 3);
  const { results } = await read(its.requestId);
  expect(results.channels).toHaveLength(2);
  for (const [number, { alternatives }] of results.channels.entries()) {
    const own = finalsOf(its).filter(
      ({ message }) => (message.channel_index as number[])[0] === number,
    );
    expect(alternatives[0].words).toEqual(
      own.flatMap(({ message }) => (message.channel as Channel).alternatives[0]!.words),
    );
    expect(alternatives[1].transcript).toBe(own.map(() => "or else").join(" "));
  }
});

it("the terminal message waits for finals that it has overtaken", async () => {
  const its = script();
  const [terminal] = its.messages.slice(-1);
  await postAll([terminal!]);
  await alarmAfter(its.requestId, 20);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "live" });
  await postAll(its.messages.slice(0, -1));
  await alarmAfter(its.requestId, 3);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received", warnings: [] });
});

it("does not wait for finals for ever", async () => {
  const its = script();
  await postAll([its.messages[0]!, its.messages.at(-1)!]);
  await alarmAfter(its.requestId, 36);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received" });
});

it("a final outlasts the object's memory, interims cost one write in 5 s", async () => {
  const its = script();
  const interims = its.messages.filter(({ message }) => message.is_final === false);
  const [first, ...others] = finalsOf(its);
  await postAll([first!]);
  const owner = ownerNamed(its.requestId);
  const changes = () =>
    runInDurableObject(owner, (_, { storage }) =>
      Number(storage.sql.exec("SELECT total_changes() AS n").one().n),
    );
  const before = await changes();
  await postAll(interims);
  const after = await changes();
  expect(after - before).toBe(1);
  await postAll([others[0]!]);
  expect(await changes()).toBe(after + 1);
  await postAll([others[0]!]);
  expect(await changes()).toBe(after + 1);
  await evictDurableObject(owner);
  expect(await keptKinds(its.requestId)).toEqual({ final: 2 });
  expect(await statusOf(its.requestId)).toMatchObject({ live: { finals: 2 } });
});

it("the document with a late final takes the place of the one without, which stays readable", async () => {
  const its = script();
  const late = finalsOf(its)[1]!;
  await postAll(its.messages.filter((one) => one !== late));
  await alarmAfter(its.requestId, 40);
  const first = await read(its.requestId);
  const { sha256 } = await statusOf(its.requestId);
  // Again what it has already is no news.
  await postAll(its.messages.filter((one) => one !== late));
  await alarmAfter(its.requestId, 60);
  expect(await statusOf(its.requestId)).toMatchObject({ sha256, conflicts: [] });
  expect(await postAll([late])).toEqual([200]);
  await alarmAfter(its.requestId, 10);
  expect(await statusOf(its.requestId)).toMatchObject({ state: "received", conflicts: [] });
  const words = finalsOf(its).flatMap(
    ({ message }) => (message.channel as Channel).alternatives[0]!.words,
  );
  expect(await read(its.requestId)).toMatchObject({
    results: { channels: [{ alternatives: [{ words }] }] },
  });
  const path = `/v1/transcripts/${its.requestId}?version=${sha256}`;
  expect(await (await get(path)).json()).toEqual(first);
});

it("of a stream's earlier documents the last one stays readable, those before are removed", async () => {
  const its = script();
  const [, one, other] = finalsOf(its);
  await postAll(its.messages.filter((each) => each !== one && each !== other));
  const digests: string[] = [];
  const store = async () => {
    await alarmAfter(its.requestId, 60);
    await consume([{ type: "callback", request_id: its.requestId }]);
    digests.push((await statusOf(its.requestId)).sha256);
  };
  await store();
  for (const late of [one!, other!]) {
    expect(await postAll([late])).toEqual([200]);
    await store();
  }
  expect(new Set(digests).size).toBe(3);
  expect(await statusOf(its.requestId)).toMatchObject({ conflicts: [] });
  const answers = digests.map((sha256) =>
    get(`/v1/transcripts/${its.requestId}?version=${sha256}`),
  );
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([404, 200, 200]);
});

it("two finals for the same time: the longer counts, the other is reported", async () => {
  const its = script();
  const [first] = finalsOf(its);
  const shorter = structuredClone(first!);
  Object.assign(shorter.message, {
    duration: 0.1,
    channel: { alternatives: [{ transcript: "no" }] },
  });
  await postAll([shorter, ...its.messages]);
  await alarmAfter(its.requestId, 3);
  const status = await statusOf(its.requestId);
  expect(status.warnings).toMatchObject([
    { type: "conflicting_result", start: 0, result: { alternatives: [{ transcript: "no" }] } },
  ]);
  const { results } = await read(its.requestId);
  expect(results.channels[0].alternatives[0].transcript).not.toContain("no ");
});

describe("silence", () => {
  it("ends an abandoned stream, with a warning that it may be incomplete", async () => {
    const its = script();
    await postAll(its.messages.slice(0, -1));
    await alarmAfter(its.requestId, 290);
    expect(await statusOf(its.requestId)).toMatchObject({ state: "live" });
    await alarmAfter(its.requestId, 301);
    expect(await statusOf(its.requestId)).toMatchObject({
      state: "received",
      warnings: [{ type: "missing_terminal_message" }],
    });
    expect((await read(its.requestId)).metadata).toMatchObject({
      models: [expect.any(String)],
      request_id: its.requestId,
    });
  });

  it("is doubted once by an object that has lost its memory", async () => {
    const its = script();
    await postAll(its.messages.slice(0, 2));
    await evictDurableObject(ownerNamed(its.requestId));
    await alarmAfter(its.requestId, 301);
    expect(await statusOf(its.requestId)).toMatchObject({ state: "live" });
    await evictDurableObject(ownerNamed(its.requestId));
    await alarmAfter(its.requestId, 320);
    expect(await statusOf(its.requestId)).toMatchObject({ state: "received" });
  });
});

it("after a day all that the object has is gone, and what comes then is a version", async () => {
  const its = script();
  await postAll(its.messages);
  await alarmAfter(its.requestId, 3);
  await alarmAfter(its.requestId, 86_410);
  const left = await runInDurableObject(ownerNamed(its.requestId), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'messages'").toArray(),
  );
  expect(left).toEqual([]);
  await postAll(finalsOf(its).slice(0, 1));
  await alarmAfter(its.requestId, 301);
  expect((await statusOf(its.requestId)).conflicts).toHaveLength(1);
});

it("a stream of a job that was deleted is not taken", async () => {
  const its = await expected();
  await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE");
  const { messages, requestId } = script();
  for (const { message } of messages.slice(0, 3)) {
    expect((await call(JSON.stringify(message), its)).status).toBe(200);
  }
  expect(await statusOf(requestId)).toMatchObject({ state: "deleted" });
  expect((await storedKeys()).filter((key) => key.startsWith("expected/"))).toEqual([]);
});

it("a deleted stream is gone, and its messages are answered 200 and dropped", async () => {
  const its = script();
  await postAll(its.messages.slice(0, 5));
  expect((await asOperator(`/v1/transcripts/${its.requestId}`, "DELETE")).status).toBe(204);
  const { requestId } = its;
  const left = () =>
    runInDurableObject(ownerNamed(requestId), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'messages'").toArray(),
    );
  expect(await left()).toEqual([]);
  expect(new Set(await postAll(its.messages.slice(5)))).toEqual(new Set([200]));
  expect(await left()).toEqual([]);
  expect((await get(`/v1/transcripts/${requestId}?partial=true`)).status).toBe(410);
  await alarmAfter(requestId, 400);
  expect(await statusOf(requestId)).toMatchObject({ state: "deleted" });
  expect(await left()).toEqual([]);
});

it("keeps no secret", async () => {
  const its = script({ extra: { callback_secret: "first-secret", a: "b" } });
  await postAll(its.messages);
  await alarmAfter(its.requestId, 3);
  const stored = await storedText(`callbacks/${its.requestId}`);
  expect(stored).toContain('"a":"b"');
  expect(stored).not.toContain("first-secret");
});

it("messages without an id are kept in quarantine where nothing tells their stream", async () => {
  const message = { type: "UtteranceEnd", channel: [0, 1], last_word_end: 8.8 };
  expect((await post(message)).status).toBe(422);
  expect((await storedKeys()).filter((key) => key.startsWith("quarantine/"))).toHaveLength(1);
});

it("a message over 1 MiB is kept in quarantine", async () => {
  const its = script();
  const [first] = finalsOf(its);
  const message = { ...first!.message, padding: "x".repeat(1_048_576) };
  expect((await post(message)).status).toBe(422);
  expect(await statusOf(its.requestId)).toMatchObject({ status: 404 });
});

it("a message that grows beyond a row of the object's storage is kept in quarantine", async () => {
  const its = script();
  const [first] = finalsOf(its);
  const padding = `[${Array(150_000).fill("1e20").join()}]`;
  const message = JSON.stringify({ ...first!.message, padding: "" }).replace(
    '"padding":""',
    `"padding":${padding}`,
  );
  expect(message.length).toBeLessThan(1_048_576);
  expect((await post(message)).status).toBe(422);
  expect(await statusOf(its.requestId)).toMatchObject({ status: 404 });
  expect((await storedKeys()).filter((key) => key.startsWith("quarantine/"))).toHaveLength(1);
});

it("without credentials nothing is taken", async () => {
  const its = script();
  expect(await postAll(its.messages.slice(0, 2), { authorization: null })).toEqual([401, 401]);
  expect(await storedKeys()).toEqual([]);
});

describe("by /hook/{job}", () => {
  const via = async (kind: "s" | "x") => {
    const job = newJob(kind, Date.now());
    const url = new URL(await callbackUrl("https://edge.test", job, SIGNING_KEYS));
    const authorization = basic(`${url.username}:${url.password}`);
    return { job, how: { path: url.pathname, authorization, env: { SIGNING_KEYS } } };
  };

  it("takes all messages of a stream, those without an id too", async () => {
    const { job, how } = await via("x");
    const its = script({ marks: true });
    expect(new Set(await postAll(its.messages, how))).toEqual(new Set([200]));
    expect(await statusOf(its.requestId)).toMatchObject({ state: "live" });
    await alarmAfter(job, 3);
    const { results } = await read(its.requestId);
    const ends = its.messages.filter(({ message }) => message.type === "UtteranceEnd");
    expect(results.utterance_ends).toEqual(
      ends.map(({ message }) => ({ channel: 0, last_word_end: message.last_word_end })),
    );
    expect(results.speech_starts).toHaveLength(ends.length);
  });

  it("leads from the id of POST /v1/expected to the stream's", async () => {
    const asking = new Request("https://edge.test/v1/expected", {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: "{}",
    });
    const response = await send(asking, { SIGNING_KEYS });
    const { callback_url, request_id } = await response.json<Record<string, string>>();
    const url = new URL(callback_url!);
    const authorization = basic(`${url.username}:${url.password}`);
    const its = script();
    await postAll(its.messages.slice(0, 3), {
      path: url.pathname,
      authorization,
      env: { SIGNING_KEYS },
    });
    const led = await get(`/v1/transcripts/${request_id}.txt?partial=true`);
    expect(led.headers.get("location")).toBe(`/v1/transcripts/${its.requestId}.txt?partial=true`);
  });

  it("does not take another request by the job's credential, but by the receiver's", async () => {
    const { how } = await via("x");
    const its = script();
    const other = script({ seed: 2 });
    await postAll(its.messages.slice(0, 2), how);
    expect(await postAll(other.messages.slice(0, 2), how)).toEqual([422, 422]);
    expect(await statusOf(other.requestId)).toMatchObject({ status: 404 });
    expect(await postAll(other.messages.slice(0, 2), { path: how.path })).toEqual([200, 200]);
    expect(await statusOf(other.requestId)).toMatchObject({ state: "live" });
  });

  it("takes no other request for a job that has one already", async () => {
    const { job, how } = await via("s");
    await env.TRANSCRIPTS.put(`submitted/${job}`, "", {
      customMetadata: { request_id: crypto.randomUUID() },
    });
    const its = script();
    expect(await postAll(its.messages.slice(0, 2), how)).toEqual([422, 422]);
    expect(await keptKinds(job)).toEqual({});
  });
});
