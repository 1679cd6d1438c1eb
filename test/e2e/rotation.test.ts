import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startWebhookReceiver, type WebhookReceiver } from "../providers/webhook-receiver.ts";
import { listenBody } from "../support/bodies.ts";
import { WEBHOOK_SECRET } from "../support/webhook-secret.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

/** The old value, and the new one. */
const PASSWORDS = ["deepgram:old-password", "deepgram:new-password"] as const;
const SECRETS = ["old-callback-secret", "new-callback-secret"] as const;
const KEYS = ["old-signing-key-0123456789-0123456789", "new-signing-key-0123456789-0123456789"];
const TOKENS = ["old-api-token", "new-api-token"] as const;
const WEBHOOK_SECRETS = [WEBHOOK_SECRET, `whsec_${btoa("another-secret-of-the-tests-0123")}`];

/**
 * Which values are configured, in their order, and which one is given to Deepgram, to clients and to
 * the customer's endpoint meanwhile: the steps of the README.
 */
type Step = { configured: number[]; given: number };

const STEPS: Step[] = [
  { configured: [0], given: 0 },
  { configured: [0, 1], given: 0 },
  { configured: [1, 0], given: 1 },
  { configured: [1], given: 1 },
];
const SENDERS = 4;
const STEP_MS = 1_500;
const PAUSE_MS = 20;
const BEGUN_OF_EACH = 10;

type Delivery = { path: string; headers: Record<string, string>; body: string };

type Shared = { id: string; path: string };

type World = {
  given: number;
  /** Callbacks whose credentials were given out in the step before. */
  begun: Delivery[];
  shared: Shared | null;
  isOver: boolean;
};

const persistTo = mkdtempSync(join(tmpdir(), "edge-rotation-"));
const receivers: WebhookReceiver[] = [];
let worker: RunningWorker | null = null;
/** How often each was the answer to a callback; 0 when there was none. */
const statuses = new Map<number, number>();

beforeAll(async () => {
  for (const secret of WEBHOOK_SECRETS) receivers.push(await startWebhookReceiver({ secret }));
});

afterAll(async () => {
  await worker?.stop();
  for (const { close } of receivers) await close();
  rmSync(persistTo, { recursive: true, force: true });
});

const pick = <Value>(values: readonly Value[], chosen: readonly number[]) =>
  chosen.map((index) => values[index]!);

function varsOf({ configured, given }: Step): Record<string, string> {
  const endpoint = { url: receivers[given]!.url, secret: pick(WEBHOOK_SECRETS, configured) };
  const names = pick(["old", "new"], configured);
  const tokens = configured.map((index, at) => `${names[at]}:read+submit:${TOKENS[index]}`);
  return {
    CALLBACK_CREDENTIALS: pick(PASSWORDS, configured).join(" "),
    CALLBACK_SECRETS: pick(SECRETS, configured).join(" "),
    SIGNING_KEYS: pick(KEYS, configured).join(" "),
    API_TOKENS: tokens.join(" "),
    WEBHOOK_ENDPOINTS: JSON.stringify({ crm: endpoint }),
    FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
  };
}

const ask = (path: string, given: number, body?: object) =>
  fetch(`${worker!.url}${path}`, {
    headers: { authorization: `Bearer ${TOKENS[given]}` },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });

const transcript = (callbackSecret?: string) => {
  const requestId = crypto.randomUUID();
  const extra = callbackSecret === undefined ? {} : { callbackSecret };
  return JSON.stringify(listenBody({ requestId, words: 30, ...extra }));
};

const byPassword = (given: number): Delivery => ({
  path: "/hook",
  headers: { authorization: `Basic ${btoa(PASSWORDS[given]!)}` },
  body: transcript(),
});

const bySecret = (given: number): Delivery => ({
  path: "/hook",
  headers: {},
  body: transcript(SECRETS[given]),
});

/** By a callback URL that is minted now and called whenever. */
async function byJob(given: number): Promise<Delivery> {
  const minted = await ask("/v1/expected", given, {});
  expect(minted.status).toBe(201);
  const { callback_url } = (await minted.json()) as { callback_url: string };
  const { pathname, username, password } = new URL(callback_url);
  const headers = { authorization: `Basic ${btoa(`${username}:${password}`)}` };
  return { path: pathname, headers, body: transcript() };
}

/** Delivers as Deepgram does, again and again while there is no answer, or one of a server that stops. */
async function deliver({ path, headers, body }: Delivery): Promise<void> {
  for (;;) {
    const status = await fetch(`${worker?.url}${path}`, { method: "POST", headers, body }).then(
      (response) => response.status,
      () => 0,
    );
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status > 0 && status < 500) return;
    await sleep(PAUSE_MS);
  }
}

/** Delivers without end, through all the steps: what was begun in the step before, then new ones. */
async function load(world: World): Promise<void> {
  for (let nth = 0; !world.isOver; nth++) {
    const make = [byPassword, bySecret][nth % 2]!;
    await deliver(world.begun.shift() ?? make(world.given));
  }
}

/** A shared transcript: what a client reads through all the steps. */
async function shared(given: number): Promise<Shared> {
  const body = listenBody({ words: 20 });
  const { request_id: id } = body.metadata;
  await deliver({ ...byPassword(given), body: JSON.stringify(body) });
  const made = await ask(`/v1/transcripts/${id}/share`, given, { expires_in: 86_400 });
  const { url } = (await made.json()) as { url: string };
  return { id, path: new URL(url).pathname };
}

/** The form to sign out, on a page that a browser has loaded now. */
async function openPage(given: number): Promise<() => Promise<number>> {
  const post = (path: string, fields: Record<string, string>, cookie = "") =>
    fetch(`${worker!.url}${path}`, {
      method: "POST",
      headers: { origin: worker!.url, cookie },
      body: new URLSearchParams(fields),
      redirect: "manual",
    });
  const signedIn = await post("/sign-in", { token: TOKENS[given]! });
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await fetch(`${worker!.url}/`, { headers: { cookie } });
  const [, code = ""] = /name="code" value="([^"]+)"/.exec(await page.text()) ?? [];
  return async () => (await post("/sign-out", { code }, cookie)).status;
}

async function playStep(world: World, { configured, given }: Step): Promise<void> {
  worker = await runWorker({ persistTo, vars: varsOf({ configured, given }) });
  world.given = given;
  world.shared ??= await shared(given);
  await sleep(STEP_MS);
  expect((await ask(`/v1/transcripts/${world.shared.id}`, given)).status).toBe(200);
  const share = await fetch(`${worker.url}${world.shared.path}`);
  expect(share.status === 200).toBe(configured.includes(0));
  await eventually(
    () => world.begun.length,
    (left) => left === 0,
  );
  const each = Array.from({ length: BEGUN_OF_EACH }, () => given);
  const jobs = await Promise.all(each.map(byJob));
  world.begun = [...jobs, ...each.map(byPassword), ...each.map(bySecret)];
}

it("every secret is rotated under load, and no legitimate callback is refused", {
  timeout: 180_000,
}, async () => {
  const world: World = { given: 0, begun: [], shared: null, isOver: false };
  const senders = Array.from({ length: SENDERS }, () => load(world));
  let submit: (() => Promise<number>) | null = null;
  for (const step of STEPS) {
    // One version takes the place of another while callbacks come.
    await worker?.stop();
    await playStep(world, step);
    submit ??= await openPage(step.given);
    // A page that was loaded under the old key is sent under the new one.
    if (step.configured[0] === 1 && step.configured.includes(0)) expect(await submit()).toBe(303);
  }
  await eventually(
    () => world.begun.length,
    (left) => left === 0,
  );
  world.isOver = true;
  await Promise.all(senders);
  expect([...statuses.keys()].filter((status) => status > 0 && status < 500)).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(200);
  for (const { deliveries } of receivers) {
    expect(deliveries.length).toBeGreaterThan(10);
    expect(deliveries.filter(({ valid }) => !valid)).toEqual([]);
  }
  // By now what is old is refused: the answers above were no accident.
  await deliver(byPassword(0));
  await deliver(bySecret(0));
  expect(statuses.get(401)).toBe(2);
  expect((await ask(`/v1/transcripts/${world.shared?.id}`, 0)).status).toBe(401);
});
