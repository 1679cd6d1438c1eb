import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listenBody } from "../support/bodies.ts";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../support/providers/webhook-receiver.ts";
import {
  PASSWORDS,
  SECRETS,
  STEPS,
  type Step,
  secretsOf,
  TOKENS,
  WEBHOOK_SECRETS,
} from "../support/rotation.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const SENDERS = 4;
/** Callbacks that are taken in each step. */
const TAKEN_IN_STEP = 60;
const STEP_WITHIN_MS = 40_000;
const PAUSE_MS = 20;
const BEGUN_OF_EACH = 10;

type Delivery = { path: string; headers: Record<string, string>; body: string };

type Shared = { id: string; path: string };

type World = {
  given: 0 | 1;
  /** Callbacks whose credentials were given out in the step before. */
  started: Delivery[];
  shared: Shared | null;
  /** API tokens made at run time: the old one, then the new one. */
  made: string[];
  isOver: boolean;
};

const persistTo = mkdtempSync(join(tmpdir(), "edge-rotation-"));
const receivers: WebhookReceiver[] = [];
let worker: RunningWorker | null = null;
/** The Worker that takes callbacks; null while one version takes the place of another. */
let up: RunningWorker | null = null;
/** How often each was the answer to a callback; 0 when there was none. */
const statuses = new Map<number, number>();
/** Answers of 500 and more to callbacks that began and ended while the same Worker was up. */
const failures: string[] = [];

const taken = () => statuses.get(200) ?? 0;

beforeAll(async () => {
  for (const secret of WEBHOOK_SECRETS) receivers.push(await startWebhookReceiver({ secret }));
});

afterAll(async () => {
  await worker?.stop();
  for (const { close } of receivers) await close();
  rmSync(persistTo, { recursive: true, force: true });
});

function varsOf(step: Step): Record<string, string> {
  const { webhookSecrets, ...secrets } = secretsOf(step);
  const endpoint = { url: receivers[step.given]!.url, secret: webhookSecrets };
  return {
    ...secrets,
    WEBHOOK_ENDPOINTS: JSON.stringify({ crm: endpoint }),
    FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
  };
}

const askWith = (token: string | undefined, path: string, init: RequestInit = {}) =>
  fetch(`${worker!.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });

const ask = (path: string, given: 0 | 1, body?: object) =>
  askWith(TOKENS[given], path, body && { method: "POST", body: JSON.stringify(body) });

const transcript = (callbackSecret?: string) => {
  const requestId = crypto.randomUUID();
  const extra = callbackSecret === undefined ? {} : { callbackSecret };
  return JSON.stringify(listenBody({ requestId, words: 30, ...extra }));
};

const byPassword = (given: 0 | 1): Delivery => ({
  path: "/hook",
  headers: { authorization: `Basic ${btoa(PASSWORDS[given]!)}` },
  body: transcript(),
});

const bySecret = (given: 0 | 1): Delivery => ({
  path: "/hook",
  headers: {},
  body: transcript(SECRETS[given]),
});

/** By a callback URL that is created now and called at any time. */
async function byJob(given: 0 | 1): Promise<Delivery> {
  const created = await ask("/v1/expected", given, {});
  expect(created.status).toBe(201);
  const { callback_url } = (await created.json()) as { callback_url: string };
  const { pathname, username, password } = new URL(callback_url);
  const headers = { authorization: `Basic ${btoa(`${username}:${password}`)}` };
  return { path: pathname, headers, body: transcript() };
}

/**
 * Delivers as Deepgram does, again and again while there is no answer, or one of a server that stops. A
 * Worker that does not stop has no excuse.
 */
async function deliver({ path, headers, body }: Delivery): Promise<void> {
  for (;;) {
    const asked = up;
    // A server that stops may also break an answer off.
    const [status, text] = await fetch(`${worker?.url}${path}`, { method: "POST", headers, body })
      .then(async (response): Promise<[number, string]> => [response.status, await response.text()])
      .catch((error): [number, string] => [0, String(error)]);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status > 0 && status < 500) return;
    if (status > 0 && asked !== null && asked === up) failures.push(`${status} ${text}`);
    await sleep(PAUSE_MS);
  }
}

/** Delivers without end, through all the steps: those started in the step before, then new ones. */
async function load(world: World): Promise<void> {
  for (let nth = 0; !world.isOver; nth++) {
    const make = [byPassword, bySecret][nth % 2]!;
    await deliver(world.started.shift() ?? make(world.given));
  }
}

/** A shared transcript: what a client reads through all the steps. */
async function shared(given: 0 | 1): Promise<Shared> {
  const body = listenBody({ words: 20 });
  const { request_id: id } = body.metadata;
  await deliver({ ...byPassword(given), body: JSON.stringify(body) });
  const made = await ask(`/v1/transcripts/${id}/share`, given, { expires_in: 86_400 });
  expect(made.status).toBe(201);
  const { url } = (await made.json()) as { url: string };
  return { id, path: new URL(url).pathname };
}

/** The form to sign out, on a page that a browser has loaded now. */
async function openPage(given: 0 | 1): Promise<() => Promise<number>> {
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

/** Makes the token that there is none of yet, and revokes the old one when only the new ones count. */
async function rotateMade(world: World, { configured, given }: Step): Promise<void> {
  const newest = Math.max(...configured);
  if (world.made[newest] === undefined) {
    const made = await ask("/v1/tokens", given, { name: `made-${newest}`, scopes: ["read"] });
    expect(made.status).toBe(201);
    world.made.push(((await made.json()) as { token: string }).token);
  }
  if (!configured.includes(0)) {
    const revoked = await askWith(TOKENS[given], "/v1/tokens/made-0", { method: "DELETE" });
    expect(revoked.status).toBe(204);
  }
}

async function playStep(world: World, step: Step): Promise<void> {
  const { configured, given } = step;
  worker = await runWorker({ persistTo, vars: varsOf(step) });
  up = worker;
  world.given = given;
  world.shared ??= await shared(given);
  await rotateMade(world, step);
  const before = taken();
  await eventually(taken, (count) => count >= before + TAKEN_IN_STEP, STEP_WITHIN_MS);
  for (const token of [TOKENS[given], world.made[given]]) {
    expect((await askWith(token, `/v1/transcripts/${world.shared.id}`)).status).toBe(200);
  }
  const share = await fetch(`${worker.url}${world.shared.path}`);
  expect(share.status === 200).toBe(configured.includes(0));
  await eventually(
    () => world.started.length,
    (left) => left === 0,
  );
  const each = Array.from({ length: BEGUN_OF_EACH }, () => given);
  const jobs = await Promise.all(each.map(byJob));
  world.started = [...jobs, ...each.map(byPassword), ...each.map(bySecret)];
}

it("what callbacks and clients are verified by is rotated under load, and none is refused", {
  timeout: 180_000,
}, async () => {
  const world: World = { given: 0, started: [], shared: null, made: [], isOver: false };
  const senders = Array.from({ length: SENDERS }, () => load(world));
  let submit: (() => Promise<number>) | null = null;
  for (const step of STEPS) {
    // One version takes the place of another while callbacks come.
    up = null;
    await worker?.stop();
    await playStep(world, step);
    submit ??= await openPage(step.given);
    // A page that was loaded under the old key is sent under the new one.
    if (step.configured[0] === 1 && step.configured.includes(0)) expect(await submit()).toBe(303);
  }
  await eventually(
    () => world.started.length,
    (left) => left === 0,
  );
  world.isOver = true;
  await Promise.all(senders);
  expect([...statuses.keys()].filter((status) => status > 0 && status < 500)).toEqual([200]);
  expect(failures).toEqual([]);
  expect(taken()).toBeGreaterThanOrEqual(STEPS.length * TAKEN_IN_STEP);
  for (const { deliveries } of receivers) {
    expect(deliveries.length).toBeGreaterThan(10);
    expect(deliveries.filter(({ valid }) => !valid)).toEqual([]);
  }
  // By now what is old is refused: the answers above were no accident.
  await deliver(byPassword(0));
  await deliver(bySecret(0));
  expect(statuses.get(401)).toBe(2);
  for (const token of [TOKENS[0], world.made[0]]) {
    expect((await askWith(token, `/v1/transcripts/${world.shared?.id}`)).status).toBe(401);
  }
});
