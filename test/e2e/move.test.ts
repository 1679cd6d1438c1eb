import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { R2Bucket } from "@cloudflare/workers-types";
import { afterAll, beforeAll, expect, it } from "vitest";
import { getPlatformProxy } from "wrangler";
import { errorBody } from "../support/bodies/errors.ts";
import { listenBody } from "../support/bodies.ts";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../support/providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "../support/webhook-secret.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const CREDENTIALS = "deepgram:move-password";
const TOKEN = "move-token-0123456789";
const [KEPT, FAILED, LARGE, DELETED, LATER] = [1, 2, 3, 4, 5].map(
  (n) => `${n}2712a9a-9c10-4128-8e9d-6741cbff5c7f`,
) as [string, string, string, string, string];

const bodyOf = (requestId: string, words = 20, seed = 1) =>
  JSON.stringify(listenBody({ requestId, words, seed }));

const BODIES = [
  bodyOf(KEPT),
  bodyOf(KEPT, 20, 2),
  errorBody("category", FAILED),
  bodyOf(LARGE, 40_000),
];

const folder = mkdtempSync(join(tmpdir(), "edge-move-"));
const [before, after] = [join(folder, "before"), join(folder, "after")];
let worker: RunningWorker;
let crm: WebhookReceiver;

const start = async (persistTo: string) => {
  const vars = {
    CALLBACK_CREDENTIALS: CREDENTIALS,
    API_TOKENS: `e2e:read+submit+admin:${TOKEN}`,
    SIGNING_KEYS: "the-signing-key-that-moves-too-0123456789",
    WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url: crm.url, secret: WEBHOOK_SECRET } }),
    FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}',
  };
  worker = await runWorker({ persistTo, vars });
};

beforeAll(async () => {
  crm = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  await start(before);
});

afterAll(async () => {
  await worker.stop();
  await crm.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = (path: string, init: RequestInit = {}) =>
  fetch(worker.url + path, { ...init, headers: { authorization: `Bearer ${TOKEN}` } });

const deliver = async (body: string) => {
  const headers = { authorization: `Basic ${btoa(CREDENTIALS)}` };
  return (await fetch(`${worker.url}/hook`, { method: "POST", headers, body })).status;
};

type Status = { state: string; follow_ups: { state: string }[] };

const status = async (id: string) =>
  (await (await call(`/v1/transcripts/${id}/status`)).json()) as Status;

const notified = () => crm.deliveries.map(({ body }) => JSON.parse(body).data.request_id).sort();

const isTold = (id: string) =>
  eventually(
    () => status(id),
    ({ follow_ups }) => follow_ups.length === 1 && follow_ups[0]?.state === "done",
  );

/** The bucket of a Worker that is stopped. */
async function bucketOf(persistTo: string) {
  const configPath = join(folder, "r2.json");
  const r2_buckets = [{ binding: "BUCKET", bucket_name: "deepgram-transcripts" }];
  writeFileSync(configPath, JSON.stringify({ name: "r2", r2_buckets }));
  const path = join(persistTo, "v3");
  return getPlatformProxy<{ BUCKET: R2Bucket }>({ configPath, persist: { path } });
}

/** Keys, bytes and metadata from bucket to bucket, as R2's own tools copy them. */
async function copy(): Promise<number> {
  const [from, to] = [await bucketOf(before), await bucketOf(after)];
  let copied = 0;
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await from.env.BUCKET.list({ limit: 10, ...(cursor && { cursor }) });
    for (const { key } of page.objects) {
      const object = await from.env.BUCKET.get(key);
      const { customMetadata = {}, httpMetadata = {} } = object ?? {};
      await to.env.BUCKET.put(key, (await object?.arrayBuffer()) ?? "", {
        customMetadata,
        httpMetadata,
      });
      copied++;
    }
    more = page.truncated;
    cursor = page.truncated ? page.cursor : undefined;
  }
  await from.dispose();
  await to.dispose();
  return copied;
}

it("a copy of the bucket and npm run rebuild-catalogue move everything, and nobody is notified twice", {
  timeout: 240_000,
}, async () => {
  for (const body of BODIES) expect(await deliver(body)).toBe(200);
  for (const id of [KEPT, FAILED, LARGE]) await isTold(id);
  expect(await deliver(bodyOf(DELETED))).toBe(200);
  await isTold(DELETED);
  await call(`/v1/transcripts/${DELETED}`, { method: "DELETE" });
  const share = { method: "POST", body: '{"expires_in":3600}' };
  const link = await (await call(`/v1/transcripts/${KEPT}/share`, share)).json();
  const { pathname } = new URL((link as { url: string }).url);
  const ids = [KEPT, FAILED, LARGE];
  const json = (path: string, method: string, body: unknown) =>
    call(path, { method, body: JSON.stringify(body) });
  await json(`/v1/transcripts/${KEPT}`, "PATCH", { title: "Ours", tags: ["front"] });
  await json(`/v1/transcripts/${KEPT}/names`, "PUT", { "0:0": "Ana" });
  const isNamed = async () =>
    (await (await call("/v1/transcripts?tag=front")).text()).includes(KEPT);
  await eventually(isNamed, (named) => named);
  const statuses = await Promise.all(ids.map(status));
  const listed = async () =>
    ((await (await call("/v1/transcripts")).json()) as { transcripts: unknown[] }).transcripts;
  const list = await eventually(listed, ({ length }) => length === 3);
  const hits = async () =>
    (await (await call("/v1/search?q=fenwick&limit=100")).json()) as { transcripts: unknown[] };
  const large = await (await call(`/v1/transcripts/${LARGE}.vtt`)).text();
  const everyone = notified();
  await worker.stop();

  expect(await copy()).toBeGreaterThan(8);
  await start(after);
  expect(await listed()).toEqual([]);
  const { status: exit, stderr } = spawnSync(
    process.execPath,
    ["src/commands/rebuild-catalogue.ts", "--url", worker.url],
    { env: { ...process.env, ADMIN_TOKEN: TOKEN }, encoding: "utf8" },
  );
  expect([exit, stderr]).toEqual([0, ""]);
  expect(await listed()).toEqual(list);
  expect((await hits()).transcripts.length).toBeGreaterThan(0);
  expect(await Promise.all(ids.map(status))).toEqual(statuses);
  expect(await status(KEPT)).toMatchObject({ title: "Ours", tags: ["front"] });
  expect(await (await call(`/v1/transcripts/${KEPT}/names`)).json()).toEqual({ "0:0": "Ana" });
  expect(await (await call(`/v1/transcripts/${LARGE}.vtt`)).text()).toBe(large);
  expect((await fetch(worker.url + pathname)).status).toBe(200);
  expect((await call(`/v1/transcripts/${DELETED}`)).status).toBe(410);

  // Deepgram tries again what came just before the move.
  for (const body of [...BODIES, bodyOf(DELETED)]) expect(await deliver(body)).toBe(200);
  expect(await deliver(bodyOf(LATER))).toBe(200);
  await isTold(LATER);
  expect((await call(`/v1/transcripts/${DELETED}`)).status).toBe(410);
  expect(await Promise.all(ids.map(status))).toEqual(statuses);
  expect(notified()).toEqual([...everyone, LATER].sort());
});
