import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { eventually } from "../e2e/eventually.ts";
import { type RunningWorker, runWorker } from "../e2e/run-worker.ts";
import { type FakeDeepgram, startFakeDeepgram } from "../fake-deepgram/fake-deepgram.ts";
import { eventLine } from "../fake-deepgram/print-event.ts";
import { LIBRETRANSLATE_KEY, RESEND_KEY, TWILIO } from "../support/providers/credentials.ts";
import { type FakeProviders, startFakeProviders } from "../support/providers/fake-providers.ts";
import type { FakeServer } from "../support/providers/fake-server.ts";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../support/providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "../support/webhook-secret.ts";
import { check, excerpt, say, step } from "./print.ts";

// From audio to a transcript, its captions and its follow-ups: the Worker in the real runtime, and on
// free ports of this machine a customer's webhook endpoint and simulations of Deepgram, LibreTranslate,
// Resend and Twilio. Nothing leaves the machine.

const HELP = `npm run demo [-- --keep]

  --keep    leave everything running and print the address of the transcript's page; Ctrl+C stops it
`;

const CREDENTIALS = { user: "deepgram", password: "demo-callback-password" };
const TOKEN = "demo-read-token";
/** The translation, three notifications, and one of the finished translation. */
const PLANNED = 5;

const FOLLOW_UPS = {
  translate: ["es"],
  notify: [
    { channel: "webhook", to: "crm" },
    { channel: "email", to: "client@example.com" },
    { channel: "sms", to: "+15551234567" },
  ],
};

type Stage = {
  worker: RunningWorker;
  deepgram: FakeDeepgram;
  crm: WebhookReceiver;
  providers: FakeProviders;
};

const { help, keep } = options();
if (help) {
  say(HELP);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), "deepgram-edge-receiver-demo-"));
const closing: (() => Promise<void>)[] = [];
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => reject(new Error(`interrupted by ${signal}`)));
  }
});
// Only the race below reads it.
interrupted.catch(() => {});

try {
  await Promise.race([demonstrate(), interrupted]);
} catch (error) {
  process.exitCode = 1;
  say(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
} finally {
  await cleanUp();
}
// What an interrupted demo was waiting for would keep the process alive.
process.exit();

function options(): { help?: boolean; keep?: boolean } {
  const flags = { help: { type: "boolean", short: "h" }, keep: { type: "boolean" } } as const;
  try {
    return parseArgs({ options: flags }).values;
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
}

async function demonstrate(): Promise<void> {
  const stage = await setTheStage();
  const id = await play(stage);
  if (!keep) {
    say("\nNext, run it yourself: npm start, as README.md describes.");
    return;
  }
  say(`\nThe page of the transcript: ${stage.worker.url}/transcripts/${id}`);
  say(`Sign in with the token ${TOKEN}. Press Ctrl+C to stop everything.`);
  await interrupted.catch(() => {});
}

async function cleanUp(): Promise<void> {
  await Promise.all(closing.map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
}

async function setTheStage(): Promise<Stage> {
  step(
    "Starting a simulated Deepgram, LibreTranslate, Resend and Twilio, and a customer's webhook",
  );
  say("  endpoint, all on this machine: no e-mail or text message leaves it");
  const deepgram = await startFakeDeepgram({
    delayMs: 500,
    retryIntervalMs: 1_000,
    onEvent: (event) => say(`  Deepgram: ${eventLine(event)}`),
  });
  closing.push(deepgram.close);
  const crm = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  closing.push(crm.close);
  const providers = await startFakeProviders();
  closing.push(providers.close);
  step("Starting the Worker in workerd, Cloudflare's runtime (about ten seconds)");
  const worker = await runWorker({
    onStart: (stop) => closing.push(() => stop()),
    persistTo: folder,
    vars: {
      CALLBACK_CREDENTIALS: `${CREDENTIALS.user}:${CREDENTIALS.password}`,
      API_TOKENS: `demo:read:${TOKEN}`,
      WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url: crm.url, secret: WEBHOOK_SECRET } }),
      FOLLOW_UPS: JSON.stringify(FOLLOW_UPS),
      // Whom a request may name beside those in FOLLOW_UPS: try it with --keep and `extra`.
      RECIPIENTS: "example.com +1555",
      ...settingsOf(providers),
    },
  });
  say(`  the Worker is at ${worker.url}, Deepgram at ${deepgram.url}, the customer at ${crm.url}`);
  return { worker, deepgram, crm, providers };
}

function settingsOf({ urls }: FakeProviders): Record<string, string> {
  return {
    TRANSLATOR: "libretranslate",
    LIBRETRANSLATE_URL: urls.libretranslate,
    LIBRETRANSLATE_API_KEY: LIBRETRANSLATE_KEY,
    EMAIL_PROVIDER: "resend",
    EMAIL_FROM: "Transcripts <transcripts@example.com>",
    RESEND_URL: urls.resend,
    RESEND_API_KEY: RESEND_KEY,
    TWILIO_URL: urls.twilio,
    TWILIO_ACCOUNT_SID: TWILIO.accountSid,
    TWILIO_AUTH_TOKEN: TWILIO.authToken,
    SMS_FROM: "+15550001111",
  };
}

/** Plays the story and returns the `request_id` of its transcript. */
async function play({ worker, deepgram, crm, providers }: Stage): Promise<string> {
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
  type FollowUp = { name: string; state: string };
  const { follow_ups, conflicts } = await eventually(
    async () => JSON.parse(await read(worker, `${id}/status`)),
    (status) =>
      status.follow_ups.length === PLANNED &&
      status.follow_ups.every(({ state }: FollowUp) => state === "done"),
  );
  excerpt(follow_ups.map(({ name, state }: FollowUp) => `${state}  ${name}`).join("\n"));
  check(conflicts.length === 0, "the second delivery is taken for another transcript");

  step("The translation, as captions (the simulated LibreTranslate only marks what it was given)");
  excerpt(await read(worker, `${id}/translations/es.vtt`), 8);
  showMessages(providers);
  showNotifications(crm);
  return id;
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
    diarize_model: "latest",
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

function showMessages({ resend, twilio }: FakeProviders): void {
  step("The e-mail that Resend took, and the text message that Twilio took");
  const [emails, messages] = [accepted(resend), accepted(twilio)];
  check(emails.length === 1 && messages.length === 1, "not one e-mail and one text message");
  const { to, subject, text } = JSON.parse(emails[0] ?? "");
  excerpt(`To: ${to}\nSubject: ${subject}\n\n${text}`, 12);
  excerpt(`To: ${new URLSearchParams(messages[0]).get("To")}`);
  excerpt(new URLSearchParams(messages[0]).get("Body") ?? "");
}

function accepted(server: FakeServer): string[] {
  const taken = server.requests().filter(({ status }) => status === 200 || status === 201);
  return taken.map(({ body }) => body);
}

function showNotifications({ deliveries }: WebhookReceiver): void {
  step(`What the customer's endpoint got, signed: ${deliveries.length} events for two deliveries`);
  check(
    deliveries.length === 2 && deliveries.every(({ valid }) => valid),
    "not two signed notifications",
  );
  for (const { id, body } of deliveries) say(`  ${id}  ${JSON.parse(body).type}`);
  excerpt(deliveries[0]?.body ?? "");
}
