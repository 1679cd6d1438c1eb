import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeepgramClient } from "@deepgram/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type FakeDeepgram, startFakeDeepgram } from "../fake-deepgram/fake-deepgram.ts";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../support/providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "../support/webhook-secret.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const TOKEN = "e2e-submit-token-0123456789";
const SECRETS = {
  DEEPGRAM_API_KEY: "e2e-deepgram-key-0123456789",
  SIGNING_KEYS: "e2e-signing-key-0123456789abcdef012345",
  CALLBACK_CREDENTIALS: "deepgram:e2e-callback-password",
  WEBHOOK: WEBHOOK_SECRET.slice(6),
  TOKEN,
};
const DEADLINE_SECONDS = 3;
const RACES = inject("isFull") ? 100 : 10;

const persistTo = mkdtempSync(join(tmpdir(), "edge-submission-"));
const answers: string[] = [];
let worker: RunningWorker;
let deepgram: FakeDeepgram;
let crm: WebhookReceiver;
let recordings: Server;
let recordingUrl = "";

beforeAll(async () => {
  crm = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  deepgram = await startFakeDeepgram({ retryIntervalMs: 300, key: SECRETS.DEEPGRAM_API_KEY });
  recordings = createServer((_, response) => response.end(new Uint8Array(500))).listen(0);
  recordingUrl = `http://127.0.0.1:${(recordings.address() as AddressInfo).port}/a.wav`;
  worker = await runWorker({
    persistTo,
    vars: {
      CALLBACK_CREDENTIALS: SECRETS.CALLBACK_CREDENTIALS,
      SIGNING_KEYS: SECRETS.SIGNING_KEYS,
      API_TOKENS: `e2e:read+submit+admin:${TOKEN}`,
      DEEPGRAM_URL: deepgram.url,
      DEEPGRAM_API_KEY: SECRETS.DEEPGRAM_API_KEY,
      DEEPGRAM_PROJECT_ID: "e2e-project",
      CALLBACK_DEADLINE_SECONDS: String(DEADLINE_SECONDS),
      RESUBMIT_OVERDUE: "true",
      WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url: crm.url, secret: WEBHOOK_SECRET } }),
      FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
    },
  });
});

afterAll(async () => {
  await worker.stop();
  await deepgram.close();
  await crm.close();
  recordings.close();
  rmSync(persistTo, { recursive: true, force: true });
});

const client = () => new DeepgramClient({ apiKey: TOKEN, baseUrl: worker.url });

const audio = (seed: number) => new Uint8Array(5_000).map((_, index) => (index * seed) % 251);

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${worker.url}/v1/transcripts/${path}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const text = await response.text();
  answers.push(text, JSON.stringify([...response.headers]));
  return { status: response.status, text };
}

async function listen(query: string, init: RequestInit = {}) {
  const response = await fetch(`${worker.url}/v1/listen?${query}`, {
    method: "POST",
    body: audio(3),
    ...init,
    headers: { authorization: `Token ${TOKEN}`, "content-type": "audio/wav", ...init.headers },
  });
  const text = await response.text();
  answers.push(text, JSON.stringify([...response.headers]));
  return { status: response.status, text, headers: response.headers };
}

const idOf = (text: string) => (JSON.parse(text) as { request_id: string }).request_id;

const jobOf = (id: string) => deepgram.jobs.find(({ requestId }) => requestId === id);

describe("the official SDK, with only its base URL and key changed", () => {
  it("submits audio, and reads the transcript by the request_id it is given", async () => {
    const sent = audio(7);
    const answer = await client().listen.v1.media.transcribeFile(sent, {
      model: "nova-3",
      smart_format: true,
      tag: ["from-the-sdk"],
    });
    const { request_id: id = "" } = answer as { request_id?: string };
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const { status, text } = await get(`${id}?wait=20`);
    expect(status).toBe(200);
    expect(JSON.parse(text).metadata).toMatchObject({ request_id: id, tags: ["from-the-sdk"] });
    expect(jobOf(id)?.audio.sha256).toBe(createHash("sha256").update(sent).digest("hex"));
    expect(JSON.parse((await get(`${id}/status`)).text)).toMatchObject({
      state: "received",
      warnings: [],
    });
  });

  it("submits a URL", async () => {
    const answer = await client().listen.v1.media.transcribeUrl({ url: recordingUrl });
    const { request_id: id = "" } = answer as { request_id?: string };
    expect((await get(`${id}?wait=20`)).status).toBe(200);
  });

  it("shows Deepgram's refusal as Deepgram's", async () => {
    deepgram.misbehave("refuse:402", 1);
    await expect(client().listen.v1.media.transcribeFile(audio(5), {})).rejects.toMatchObject({
      statusCode: 402,
    });
  });

  it("never has a job submitted twice that Deepgram may have accepted", async () => {
    const before = deepgram.jobs.length;
    deepgram.misbehave("hang-up", 1);
    await expect(client().listen.v1.media.transcribeFile(audio(5), {})).rejects.toMatchObject({
      statusCode: 424,
    });
    expect(deepgram.jobs).toHaveLength(before + 1);
  });
});

describe("POST /v1/listen", () => {
  it("is expected from the first moment: who submits and polls never sees 404", async () => {
    const id = idOf((await listen("fake=delay:1500")).text);
    const seen = new Set<number>();
    for (let end = Date.now() + 10_000; !seen.has(200) && Date.now() < end; ) {
      seen.add((await get(id)).status);
    }
    expect([...seen]).toEqual([202, 200]);
  });

  it("adds nothing but the callback, and hands on nothing of the caller's", async () => {
    const id = idOf((await listen("model=nova-3&keyterm=a%20b&extra=k:v")).text);
    const { path = "" } = jobOf(id) ?? {};
    const query = new URL(path, "http://deepgram").searchParams;
    expect([...query.keys()]).toEqual(["model", "keyterm", "extra", "callback"]);
    expect(query.get("keyterm")).toBe("a b");
    expect(JSON.stringify(deepgram.jobs)).not.toContain(TOKEN);
  });

  it("answers a repetition under an Idempotency-Key as the first time, and submits once", async () => {
    const key = { "idempotency-key": "one-recording" };
    const before = deepgram.jobs.length;
    const first = await listen("", { headers: key });
    const second = await listen("", { headers: key });
    expect(second.text).toBe(first.text);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(deepgram.jobs).toHaveLength(before + 1);
    const other = await listen("", { headers: { "idempotency-key": "another" } });
    expect(idOf(other.text)).not.toBe(idOf(first.text));
  });

  it("submits once of two at the same moment, and again after a refusal", async () => {
    const key = { "idempotency-key": "at-once" };
    deepgram.misbehave("refuse:400", 1);
    expect((await listen("", { headers: key })).status).toBe(400);
    const before = deepgram.jobs.length;
    const both = await Promise.all([listen("", { headers: key }), listen("", { headers: key })]);
    expect(deepgram.jobs).toHaveLength(before + 1);
    expect(both.map(({ status }) => status).sort()).toContain(200);
    for (const { status } of both) expect([200, 409]).toContain(status);
  });

  it("refuses a callback of the caller's own", async () => {
    const before = deepgram.jobs.length;
    expect((await listen("callback=https://example.com/")).status).toBe(400);
    expect(deepgram.jobs).toHaveLength(before);
  });

  it(`matches the callback that comes before its own answer, ${RACES} times`, {
    timeout: 120_000,
  }, async () => {
    deepgram.misbehave("early", RACES);
    for (let race = 0; race < RACES; race += 5) {
      const some = await Promise.all(Array.from({ length: 5 }, () => listen("")));
      for (const { text } of some) expect((await get(idOf(text))).status).toBe(200);
    }
  });

  it("answers for Deepgram when its callback has come and its own answer was lost", async () => {
    const before = deepgram.jobs.length;
    const { status, text } = await listen("fake=early,hang-up");
    expect(deepgram.jobs).toHaveLength(before + 1);
    const id = deepgram.jobs[before]?.requestId ?? "";
    expect([status, idOf(text)]).toEqual([200, id]);
    expect((await get(id)).status).toBe(200);
  });

  it.each(["empty", "text", "category"])("files an error without an id (%s)", async (spelling) => {
    const id = idOf((await listen(`fake=error:${spelling},early`)).text);
    const status = await eventually(
      async () => JSON.parse((await get(`${id}/status`)).text),
      ({ state }) => state !== "expected",
    );
    expect(status.state).toBe("failed");
    expect((await get(id)).status).toBe(424);
  });
});

it("audio that Deepgram says was other audio is shown as a warning", async () => {
  const id = idOf((await listen("fake=delay:800")).text);
  const job = jobOf(id);
  if (job) job.audio.sha256 = "0".repeat(64);
  await get(`${id}?wait=20`);
  expect(JSON.parse((await get(`${id}/status`)).text)).toMatchObject({
    warnings: [{ type: "audio_mismatch", transcribed: "0".repeat(64) }],
  });
});

it("a lost callback is noticed, reported once, and its URL resubmitted once; the old id leads to the new", {
  timeout: 180_000,
}, async () => {
  const before = deepgram.jobs.length;
  const submitted = await listen("fake=lose&tag=lost", {
    body: JSON.stringify({ url: recordingUrl }),
    headers: { "content-type": "application/json" },
  });
  const id = idOf(submitted.text);
  const overdue = await eventually(
    async () => JSON.parse((await get(`${id}/status`)).text),
    ({ successor }) => Boolean(successor),
    20_000,
  );
  expect(overdue.state).toBe("overdue");
  const reports = () =>
    crm.deliveries.filter(({ body }) => body.includes("transcript.overdue") && body.includes(id));
  await eventually(
    async () => reports().length,
    (count) => count > 0,
  );
  expect(deepgram.jobs).toHaveLength(before + 2);
  expect(jobOf(overdue.successor)?.path).toContain("tag=lost");
  const led = await get(`${id}?wait=0`);
  expect([200, 202, 504]).toContain(led.status);
  await new Promise((resolve) => setTimeout(resolve, (DEADLINE_SECONDS + 3) * 1_000));
  expect(deepgram.jobs).toHaveLength(before + 2);
  expect(reports()).toHaveLength(1);
});

it("no secret is in a log, a stored object, a message or an answer", async () => {
  const code = await usedCredential();
  const stored = filesUnder(persistTo).map((file) => readFileSync(file, "latin1"));
  const everything = [worker.output(), ...answers, ...stored, ...crm.deliveries.map((d) => d.body)];
  expect(stored.length).toBeGreaterThan(0);
  expect(everything.join("\n")).toContain("submission");
  for (const secret of [...Object.values(SECRETS), code]) {
    const password = secret.split(":").at(-1) ?? secret;
    for (const text of everything) expect(text.includes(password), password).toBe(false);
  }
});

/** The credential of a job by which a callback was delivered: the one answer that must tell it is kept out. */
async function usedCredential(): Promise<string> {
  const expected = await fetch(`${worker.url}/v1/expected`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: "{}",
  });
  const { callback_url } = (await expected.json()) as { callback_url: string };
  const { username, password, origin, pathname } = new URL(callback_url);
  const delivered = await fetch(origin + pathname, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    body: "The audio could not be fetched.",
  });
  expect(delivered.status).toBe(200);
  return password;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => statSync(file).isFile());
}
