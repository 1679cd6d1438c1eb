import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { startWebhookReceiver, type WebhookReceiver } from "../providers/webhook-receiver.ts";
import { listenBody } from "../support/bodies.ts";
import { type Between, between } from "./between.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

type Age = "old" | "new";

const PAUSE_MS = 20;
/** Whoever is asked and is stopped before it answers may leave the connection open. */
const ANSWER_MS = 3_000;
/** Each kind of request must have been answered so often in a step before the next one begins. */
const ROUNDS = inject("isLong") ? 100 : 4;
/** Jobs that wait for their callback, so that they outlive the version that made them. */
const WAITING_JOBS = 4;

const SECRETS = {
  credentials: { old: "deepgram:the-old-password", new: "deepgram:the-new-password" },
  secret: { old: "the-old-callback-secret", new: "the-new-callback-secret" },
  key: {
    old: "the-old-signing-key-0123456789abcdef",
    new: "the-new-signing-key-0123456789abcdef",
  },
  token: { old: "the-old-token", new: "the-new-token" },
  webhook: {
    old: "whsec_dGhlIG9sZCBzZWNyZXQgb2YgdGhlIHdlYmhvb2s=",
    new: "whsec_dGhlIG5ldyBzZWNyZXQgb2YgdGhlIHdlYmhvb2s=",
  },
} satisfies Record<string, Record<Age, string>>;

/** What the secrets are in each step; the first signing key signs. */
const STEPS = {
  old: { accepted: ["old"], keys: ["old"] },
  both: { accepted: ["old", "new"], keys: ["old", "new"] },
  "new first": { accepted: ["old", "new"], keys: ["new", "old"] },
  new: { accepted: ["new"], keys: ["new"] },
} satisfies Record<string, { accepted: Age[]; keys: Age[] }>;

type Step = keyof typeof STEPS;

const persistTo = mkdtempSync(join(tmpdir(), "edge-rotation-"));
let worker: RunningWorker;
let door: Between;
let crmDoor: Between;
let crm: Record<Age, WebhookReceiver>;
let crmKnows: Age = "old";

function varsOf(step: Step): Record<string, string> {
  const { accepted, keys } = STEPS[step];
  const all = (secret: Record<Age, string>) => accepted.map((age) => secret[age]).join(" ");
  const tokens = accepted.map((age) => `${age}:read+submit+admin:${SECRETS.token[age]}`);
  const secret = accepted.map((age) => SECRETS.webhook[age]);
  return {
    PUBLIC_URL: door.url,
    CALLBACK_CREDENTIALS: all(SECRETS.credentials),
    CALLBACK_SECRETS: all(SECRETS.secret),
    SIGNING_KEYS: keys.map((age) => SECRETS.key[age]).join(" "),
    API_TOKENS: tokens.join(" "),
    WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url: crmDoor.url, secret } }),
    FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}',
  };
}

const begin = async (step: Step) => {
  worker = await runWorker({ persistTo, vars: varsOf(step) });
};

const deploy = async (step: Step) => {
  await worker.stop();
  await begin(step);
};

beforeAll(async () => {
  crm = {
    old: await startWebhookReceiver({ secret: SECRETS.webhook.old }),
    new: await startWebhookReceiver({ secret: SECRETS.webhook.new }),
  };
  crmDoor = await between(
    () => crm[crmKnows].url,
    () => null,
    () => "",
  );
  door = await between(
    () => worker.url,
    () => null,
  );
  await begin("old");
});

afterAll(async () => {
  await worker.stop();
  await door.close();
  await crmDoor.close();
  await crm.old.close();
  await crm.new.close();
  rmSync(persistTo, { recursive: true, force: true });
});

const KINDS = ["credentials", "secret", "job", "token"] as const;

type Kind = (typeof KINDS)[number];

/**
 * Steady traffic of all kinds with the secrets in use, each request repeated until there is an answer,
 * as Deepgram repeats its callbacks.
 */
function traffic() {
  const inUse: Age[] = ["old"];
  const jobs: string[] = [];
  const stored: string[] = [];
  const refused = new Map<Kind, number>();
  const answered = new Map<string, number>();
  let isOver = false;
  const settled = async (kind: Kind, ask: () => Promise<Response>): Promise<string | null> => {
    while (!isOver) {
      const answer = await ask()
        .then(async (response) => ({ status: response.status, text: await response.text() }))
        .catch(() => null);
      if (answer !== null && [401, 403].includes(answer.status)) {
        refused.set(kind, (refused.get(kind) ?? 0) + 1);
        return null;
      }
      if (answer !== null && answer.status < 300) return answer.text;
      await sleep(PAUSE_MS);
    }
    return null;
  };
  const deliver = async (kind: Kind, url: string, credentials: string | null, secret?: string) => {
    const requestId = crypto.randomUUID();
    const body = JSON.stringify(
      listenBody({ requestId, words: 4, ...(secret && { callbackSecret: secret }) }),
    );
    const headers = credentials ? { authorization: `Basic ${btoa(credentials)}` } : {};
    const answer = await settled(kind, () =>
      fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(ANSWER_MS) }),
    );
    if (answer !== null) stored.push(requestId);
  };
  const asOwner = (age: Age) => ({ authorization: `Bearer ${SECRETS.token[age]}` });
  const rounds: Record<Kind, (age: Age) => Promise<unknown>> = {
    credentials: (age) => deliver("credentials", `${door.url}/hook`, SECRETS.credentials[age]),
    secret: (age) => deliver("secret", `${door.url}/hook`, null, SECRETS.secret[age]),
    token: (age) =>
      settled("token", () =>
        fetch(`${door.url}/v1/transcripts?limit=1`, {
          headers: asOwner(age),
          signal: AbortSignal.timeout(ANSWER_MS),
        }),
      ),
    job: async (age) => {
      const init = { method: "POST", headers: asOwner(age), body: "{}" };
      const minted = await settled("job", () =>
        fetch(`${door.url}/v1/expected`, { ...init, signal: AbortSignal.timeout(ANSWER_MS) }),
      );
      if (minted !== null) jobs.push(JSON.parse(minted).callback_url);
      if (jobs.length <= WAITING_JOBS) return;
      const url = new URL(jobs.shift()!);
      const credentials = `${url.username}:${url.password}`;
      await deliver("job", `${url.origin}${url.pathname}`, credentials);
    },
  };
  const run = async (kind: Kind) => {
    for (let turn = 0; !isOver; turn++) {
      const age = inUse[turn % inUse.length]!;
      await rounds[kind](age);
      answered.set(`${kind} ${age}`, (answered.get(`${kind} ${age}`) ?? 0) + 1);
      await sleep(PAUSE_MS);
    }
  };
  const loops = Promise.all(KINDS.map(run));
  return {
    inUse,
    jobs,
    stored,
    refused,
    /** Until every kind has gone on for some rounds with every secret in use. */
    goOn: async () => {
      answered.clear();
      const wanted = KINDS.flatMap((kind) => inUse.map((age) => `${kind} ${age}`));
      const isEnough = (name: string) => (answered.get(name) ?? 0) >= ROUNDS;
      await eventually(
        () => wanted.filter((name) => !isEnough(name)),
        (missing) => missing.length === 0,
        60_000,
      );
    },
    end: async () => {
      isOver = true;
      await loops;
    },
  };
}

/** A browser that is signed in, on a page that was loaded then. */
async function browser() {
  const signIn = await fetch(`${door.url}/sign-in`, {
    method: "POST",
    headers: { origin: worker.url },
    body: new URLSearchParams({ token: SECRETS.token.old }),
    redirect: "manual",
  });
  const cookie = signIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const load = () => fetch(`${door.url}/`, { headers: { cookie }, redirect: "manual" });
  const [, code = ""] = /name="code" value="([^"]+)"/.exec(await (await load()).text()) ?? [];
  const signOut = () =>
    fetch(`${door.url}/sign-out`, {
      method: "POST",
      headers: { origin: worker.url, cookie },
      body: new URLSearchParams({ code }),
      redirect: "manual",
    });
  return { load, signOut };
}

type ShownShares = { url: string; shares: { url: string }[] };

async function shares(id: string, age: Age, init: RequestInit = {}) {
  const path = `${door.url}/v1/transcripts/${id}/share${init.method ? "" : "s"}`;
  const headers = { authorization: `Bearer ${SECRETS.token[age]}` };
  return (await (await fetch(path, { ...init, headers })).json()) as ShownShares;
}

it("no legitimate request is refused while all secrets are rotated under load, and without overlap many are", {
  timeout: 600_000,
}, async () => {
  const load = traffic();
  onTestFinished(load.end);
  await load.goOn();
  const [id = ""] = load.stored;
  const link = (await shares(id, "old", { method: "POST", body: '{"expires_in":3600}' })).url;
  const { load: page, signOut } = await browser();
  const opens = async () => [(await fetch(link)).status, (await page()).status];
  expect(await opens()).toEqual([200, 200]);

  await deploy("both");
  await load.goOn();
  expect(await opens()).toEqual([200, 200]);
  // Everywhere both are accepted now: new URLs, new clients.
  load.inUse.push("new");
  await load.goOn();

  await deploy("new first");
  await load.goOn();
  if (inject("isLong")) {
    // While a version is being rolled out, the one before it meets what the new one has signed.
    await deploy("both");
    await load.goOn();
    await deploy("new first");
    await load.goOn();
  }
  expect(await opens()).toEqual([200, 200]);
  expect((await signOut()).status).toBe(303);
  crmKnows = "new";

  // The end of the overlap: nothing that was made with the old ones is still on its way.
  load.inUse.splice(0, 1);
  const signedByOld = [...load.jobs];
  await eventually(
    () => load.jobs.filter((job) => signedByOld.includes(job)),
    (left) => left.length === 0,
    60_000,
  );
  await load.goOn();
  await deploy("new");
  await load.goOn();
  expect([...load.refused]).toEqual([]);
  expect((await fetch(link)).status).not.toBe(200);
  const { shares: again } = await shares(id, "new");
  expect((await fetch(again[0]?.url ?? "")).status).toBe(200);

  const headers = { authorization: `Bearer ${SECRETS.token.new}` };
  const read = (requestId: string) => fetch(`${door.url}/v1/transcripts/${requestId}`, { headers });
  const statuses = await Promise.all(load.stored.map(async (it) => (await read(it)).status));
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  const told = await eventually(
    () => [...crm.old.deliveries, ...crm.new.deliveries],
    () => crm.new.deliveries.length > 0,
  );
  expect(told.filter(({ fault }) => fault !== null)).toEqual([]);

  // Back to the old secrets in one step.
  await deploy("old");
  await eventually(
    () => KINDS.filter((kind) => !load.refused.has(kind)),
    (without) => without.length === 0,
    60_000,
  );
});
