import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeDeepgram, startFakeDeepgram } from "../fake-deepgram/fake-deepgram.ts";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../support/providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "../support/webhook-secret.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const CREDENTIALS = "deepgram:e2e-password";
const SECRET = "e2e-secret";
const RETRY_INTERVAL_MS = 300;

const persistTo = mkdtempSync(join(tmpdir(), "edge-receiver-"));
let worker: RunningWorker;
let deepgram: FakeDeepgram;
let crm: WebhookReceiver;
let flaky: WebhookReceiver;

const outputs: (() => string)[] = [];

async function start(): Promise<void> {
  worker = await runWorker({
    persistTo,
    vars: {
      CALLBACK_CREDENTIALS: CREDENTIALS,
      CALLBACK_SECRETS: SECRET,
      API_TOKENS: "e2e:read+submit+admin:e2e-token",
      PUBLIC_URL: "https://edge.example",
      WEBHOOK_ENDPOINTS: JSON.stringify({
        crm: { url: crm.url, secret: WEBHOOK_SECRET },
        flaky: { url: flaky.url, secret: WEBHOOK_SECRET },
      }),
      FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
    },
  });
  outputs.push(worker.output);
}

beforeAll(async () => {
  crm = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  flaky = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  deepgram = await startFakeDeepgram({ retryIntervalMs: RETRY_INTERVAL_MS });
  await start();
});

afterAll(async () => {
  await worker.stop();
  await deepgram.close();
  await crm.close();
  await flaky.close();
  rmSync(persistTo, { recursive: true, force: true });
});

/** Submits audio to the simulated Deepgram, its callback going to the Worker. */
async function submit(query: Record<string, string> = {}, credentials = CREDENTIALS) {
  const callback = new URL(`${worker.url}/hook`);
  if (credentials)
    [callback.username, callback.password] = credentials.split(":") as [string, string];
  const url = new URL("/v1/listen", deepgram.url);
  url.search = new URLSearchParams({ callback: callback.href, ...query }).toString();
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: "Token a-key", "content-type": "audio/wav" },
    body: new Uint8Array(800),
  });
  const answer = (await response.json()) as { request_id: string };
  return answer.request_id;
}

/** The job once its delivery has ended, one way or the other. */
const ended = (id: string) =>
  deepgram.waitFor(({ requestId, state }) => requestId === id && state !== "waiting", 20_000);

const get = (path: string, init: RequestInit = {}) =>
  fetch(`${worker.url}/v1/transcripts/${path}`, {
    ...init,
    // The local server would compress regardless of no-transform.
    headers: { authorization: "Token e2e-token", "accept-encoding": "identity", ...init.headers },
  });

const notificationsOf = (id: string) =>
  crm.deliveries.filter(({ body }) => JSON.parse(body).data.request_id === id);

const statusesOf = async (id: string) => (await ended(id)).attempts.map(({ status }) => status);

it("callback URLs lead to the PUBLIC_URL that was given", async () => {
  const response = await fetch(`${worker.url}/v1/expected`, {
    method: "POST",
    headers: { authorization: "Token e2e-token" },
    body: "{}",
  });
  const { callback_url } = (await response.json()) as { callback_url: string };
  expect(new URL(callback_url).host).toBe("edge.example");
});

describe("from audio to a client", () => {
  it("a callback is stored, served in every format and notified once", async () => {
    const id = await submit({
      utterances: "true",
      diarize: "true",
      tag: "first",
      smart_format: "true",
    });
    expect(await statusesOf(id)).toEqual([200]);
    const raw = await get(id);
    expect(raw.headers.get("content-type")).toBe("application/json");
    const body = (await raw.json()) as { metadata: { request_id: string } };
    expect(body.metadata.request_id).toBe(id);
    expect(await (await get(`${id}.vtt`)).text()).toMatch(/^WEBVTT\n\n\d\d:\d\d:\d\d\.\d{3} --> /);
    expect(await (await get(`${id}.srt`)).text()).toMatch(/^1\n\d\d:\d\d:\d\d,\d{3} --> /);
    expect(await (await get(`${id}.txt`)).text()).toContain("Speaker 1: ");
    const status = await eventually(
      async () => (await (await get(`${id}/status`)).json()) as { follow_ups: { state: string }[] },
      ({ follow_ups }) => follow_ups[0]?.state === "done",
    );
    expect(status).toMatchObject({ request_id: id, state: "received", tags: ["first"] });
    expect(notificationsOf(id)).toMatchObject([{ valid: true }]);
  });

  it("HEAD, conditional and range requests work through the real server", async () => {
    const id = await submit();
    await ended(id);
    const whole = await get(id);
    const text = await whole.text();
    expect(Number(whole.headers.get("content-length"))).toBe(Buffer.byteLength(text));
    const head = await get(id, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(whole.headers.get("content-length"));
    const etag = whole.headers.get("etag") ?? "";
    expect((await get(id, { headers: { "if-none-match": etag } })).status).toBe(304);
    const part = await get(id, { headers: { range: "bytes=5-9" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-length")).toBe("5");
    expect(await part.text()).toBe(text.slice(5, 10));
  });

  it("callback_method=put and a callback_secret do as well, and the secret is not kept", async () => {
    const id = await submit({ callback_method: "put", extra: `callback_secret:${SECRET}` }, "");
    expect(await statusesOf(id)).toEqual([200]);
    const text = await (await get(id)).text();
    expect(text).toContain(`"callback_secret":"${"*".repeat(SECRET.length)}"`);
    expect(await (await get(`${id}/status`)).text()).not.toContain("callback_secret");
  });

  it("duplicates, at once or later, are stored once and notified once", async () => {
    const ids = [await submit({ fake: "duplicate:4" }), await submit({ fake: "together:4" })];
    for (const id of ids) {
      expect(await statusesOf(id)).toEqual([200, 200, 200, 200]);
      await eventually(
        () => notificationsOf(id).length,
        (count) => count > 0,
      );
      expect(await (await get(`${id}/status`)).json()).toMatchObject({ conflicts: [] });
    }
    await deepgram.redeliver(ids[0] ?? "");
    const last = await submit();
    await eventually(
      () => notificationsOf(last).length,
      (count) => count > 0,
    );
    for (const id of ids) expect(notificationsOf(id)).toHaveLength(1);
  });

  it("another body under the same id is a conflict, and the first stays current", async () => {
    const id = await submit({ fake: "conflict" });
    await eventually(
      async () => (await (await get(`${id}/status`)).json()) as { conflicts?: unknown[] },
      ({ conflicts }) => conflicts?.length === 1,
    );
    expect((await get(id)).status).toBe(200);
  });

  it("a connection cut in the middle stores nothing, and the retry everything", async () => {
    const id = await submit({ fake: "cut:400:2" });
    const job = await ended(id);
    expect(job.attempts).toHaveLength(3);
    expect(job.attempts.at(-1)?.status).toBe(200);
    expect(await (await get(`${id}/status`)).json()).toMatchObject({ conflicts: [] });
  });

  it.each(["chunked", "trickle:1", "metadata-last", "early", "silence"])(
    "a callback that comes %s is stored",
    async (fake) => {
      const id = await submit({ fake });
      expect(await statusesOf(id)).toEqual([200]);
      expect((await get(`${id}.vtt`)).status).toBe(200);
    },
  );

  it.each(["err_code", "category", "error_code"])(
    "a failure spelled %s is 424 and transcript.failed",
    async (spelling) => {
      const id = await submit({ fake: `error:${spelling}` });
      expect(await statusesOf(id)).toEqual([200]);
      const response = await get(id);
      expect(response.status).toBe(424);
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
      await eventually(
        () => notificationsOf(id).length,
        (count) => count > 0,
      );
      expect(JSON.parse(notificationsOf(id)[0]?.body ?? "").type).toBe("transcript.failed");
    },
  );

  it.each(["error:text", "error:empty"])(
    "what cannot be matched (%s) is 422 every time",
    async (fake) => {
      const id = await submit({ fake });
      const statuses = await statusesOf(id);
      expect(statuses).toEqual(Array(11).fill(422));
      expect((await get(id)).status).toBe(404);
    },
  );

  it("a wrong password is 401 every time, and nothing is stored", async () => {
    const id = await submit({}, "deepgram:wrong");
    expect(await statusesOf(id)).toEqual(Array(11).fill(401));
    expect((await get(id)).status).toBe(404);
  });

  it("a wrong password is 401 also for 5 MB, without the connection being reset", async () => {
    const id = await submit({ fake: "bytes:5000000" }, "deepgram:wrong");
    expect(new Set(await statusesOf(id))).toEqual(new Set([401]));
  });

  it("a callback of 20 MB comes back byte for byte", async () => {
    const id = await submit({ fake: "bytes:20000000" });
    expect(await statusesOf(id)).toEqual([200]);
    const bytes = new Uint8Array(await (await get(id)).arrayBuffer());
    expect(bytes.length).toBe(20_000_000);
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
    expect(await (await get(`${id}/status`)).json()).toMatchObject({ sha256: digest });
  });

  it("a webhook endpoint that fails is tried again with the same webhook-id", async () => {
    flaky.failNext(1, 503, { "retry-after": "1" });
    await submit({ extra: "notify_webhook:flaky" });
    const ids = await eventually(
      () => flaky.deliveries.map((delivery) => delivery.id),
      ({ length }) => length === 2,
    );
    expect(new Set(ids).size).toBe(1);
  });

  it("what was deleted is 410, and a late delivery does not bring it back", async () => {
    const id = await submit();
    await ended(id);
    expect((await get(id, { method: "DELETE" })).status).toBe(204);
    expect((await get(id)).status).toBe(410);
    const attempts = await deepgram.redeliver(id);
    expect(attempts.map(({ status }) => status)).toEqual([200]);
    expect((await get(id)).status).toBe(410);
  });
});

it("a transcript outlives the Worker, and a callback sent meanwhile arrives", async () => {
  const before = await submit();
  await ended(before);
  const text = await (await get(before)).text();
  await worker.stop("SIGKILL");
  await start();
  expect(await (await get(before)).text()).toBe(text);
  const after = await submit();
  expect((await statusesOf(after)).at(-1)).toBe(200);
});

it("no secret is in what the Worker printed", () => {
  const output = outputs.map((printed) => printed()).join("");
  expect(output).toContain('"event":"callback"');
  for (const secret of ["e2e-password", SECRET, "e2e-token", WEBHOOK_SECRET.slice(6)]) {
    expect(output).not.toContain(secret);
  }
});
