import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../e2e/eventually.ts";
import { type RunningWorker, runWorker } from "../e2e/run-worker.ts";
import { type FakeDeepgram, startFakeDeepgram } from "../fake-deepgram/fake-deepgram.ts";
import { eventLine } from "../fake-deepgram/print-event.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "../support/webhook-secret.ts";
import { check, excerpt, say, step } from "./print.ts";

// From audio to a transcript, its captions and a notification: the Worker in the real runtime, and on
// free ports of this machine a simulated Deepgram and a customer's webhook endpoint.

const CREDENTIALS = { user: "deepgram", password: "demo-callback-password" };
const TOKEN = "demo-read-token";

type Stage = { worker: RunningWorker; deepgram: FakeDeepgram; crm: WebhookReceiver };

const folder = mkdtempSync(join(tmpdir(), "deepgram-edge-receiver-demo-"));
const closing: (() => Promise<void>)[] = [];

try {
  await play(await setTheStage());
  say("\nEverything above happened. The next thing to try is in README.md: npm start.");
} catch (error) {
  process.exitCode = 1;
  say(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
} finally {
  await Promise.all(closing.map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
}

async function setTheStage(): Promise<Stage> {
  step("Starting the Worker in workerd, a simulated Deepgram, and a customer's webhook endpoint");
  const deepgram = await startFakeDeepgram({
    delayMs: 500,
    retryIntervalMs: 1_000,
    onEvent: (event) => say(`  Deepgram: ${eventLine(event)}`),
  });
  closing.push(deepgram.close);
  const crm = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  closing.push(crm.close);
  const worker = await runWorker({
    persistTo: folder,
    vars: {
      CALLBACK_CREDENTIALS: `${CREDENTIALS.user}:${CREDENTIALS.password}`,
      API_TOKENS: `demo:read:${TOKEN}`,
      WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url: crm.url, secret: WEBHOOK_SECRET } }),
      FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
    },
  });
  closing.push(() => worker.stop());
  say(`  the Worker is at ${worker.url}, Deepgram at ${deepgram.url}, the customer at ${crm.url}`);
  return { worker, deepgram, crm };
}

async function play({ worker, deepgram, crm }: Stage): Promise<void> {
  step(
    "Submitting audio to Deepgram with our callback URL; it will deliver twice, to be difficult",
  );
  const id = await submit(worker, deepgram);
  say(`  Deepgram answered {"request_id":"${id}"}`);
  const job = await deepgram.waitFor(
    ({ requestId, state }) => requestId === id && state !== "waiting",
  );
  check(
    job.attempts.every(({ status }) => status === 200),
    "a callback was not answered 200",
  );

  step(`Reading it back: GET /v1/transcripts/${id}`);
  const raw = await read(worker, id);
  say(`  ${raw.length} characters, byte for byte as Deepgram sent them:`);
  excerpt(raw.slice(0, 230));
  check(JSON.parse(raw).metadata.request_id === id, "the transcript is another one");

  for (const format of ["txt", "vtt", "srt"]) {
    step(`The same as .${format}`);
    excerpt(await read(worker, `${id}.${format}`), 12);
  }

  step("The follow-ups, from the queue: the status says");
  const { follow_ups, conflicts } = await eventually(
    async () => JSON.parse(await read(worker, `${id}/status`)),
    (status) => status.follow_ups[0]?.state === "done",
  );
  excerpt(JSON.stringify({ follow_ups, conflicts }, null, 2));
  showNotification(crm);
}

async function submit(worker: RunningWorker, deepgram: FakeDeepgram): Promise<string> {
  const callback = new URL("/hook", worker.url);
  callback.username = CREDENTIALS.user;
  callback.password = CREDENTIALS.password;
  const url = new URL("/v1/listen", deepgram.url);
  url.search = new URLSearchParams({
    callback: callback.href,
    model: "nova-3",
    smart_format: "true",
    diarize: "true",
    utterances: "true",
    fake: "duplicate:2,words:90",
  }).toString();
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: "Token demo-deepgram-key", "content-type": "audio/wav" },
    body: new Uint8Array(16_000),
  });
  check(response.ok, `Deepgram answered ${response.status} to the submission`);
  return ((await response.json()) as { request_id: string }).request_id;
}

async function read(worker: RunningWorker, path: string): Promise<string> {
  const response = await fetch(`${worker.url}/v1/transcripts/${path}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  check(response.ok, `GET ${path} was answered ${response.status}`);
  return response.text();
}

function showNotification({ deliveries }: WebhookReceiver): void {
  step(`What the customer's endpoint got: ${deliveries.length} request for the two deliveries`);
  const [first] = deliveries;
  check(deliveries.length === 1 && first?.valid === true, "not one signed notification");
  say(`  webhook-id: ${first?.id}   signature: valid`);
  excerpt(first?.body ?? "");
}
