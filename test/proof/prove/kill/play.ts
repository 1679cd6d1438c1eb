import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../e2e/eventually.ts";
import { type RunningWorker, runWorker } from "../../../e2e/run-worker.ts";
import { type FakeDeepgram, startFakeDeepgram } from "../../../fake-deepgram/fake-deepgram.ts";
import type { Job } from "../../../fake-deepgram/job.ts";
import { between, randomFrom } from "../../../support/bodies/random.ts";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../../../support/providers/webhook-receiver.ts";
import { WEBHOOK_SECRET } from "../../../support/webhook-secret.ts";
import { fakeOf } from "./jobs.ts";
import {
  isAcknowledged,
  type Notified,
  notificationsOf,
  type Stored,
  verifyNotified,
  verifyStored,
} from "./verify.ts";
import { startWitness, type Witness } from "./witness.ts";

export type KillOptions = {
  kills: number;
  seed: number;
  /** For how long the notifications may take that are left. */
  tellWithinMs: number;
  /** Whether those are awaited too that were under way at a kill, which takes a minute more. */
  awaitsLeases: boolean;
};

export type KillReport = Stored & {
  notified: Notified & { requeued: number };
  kills: number;
  seed: number;
  jobs: number;
  /** Callbacks under way at the moments of the kills. */
  caught: number;
  /** Deliveries that had no answer, or another one than 2xx. */
  unanswered: number;
  /** Jobs for which Deepgram gave up, each with the statuses of its attempts. */
  dropped: string[];
  /** Callbacks held in memory, to their acknowledgement, in milliseconds, in ascending order. */
  ackMs: number[];
};

const CREDENTIALS = "deepgram:kill-password";
const TOKEN = "kill-token";
const RETRY_INTERVAL_MS = 4_000;
const SUBMIT_EVERY_MS = 200;
const [SHORTEST_LIFE_MS, LONGEST_LIFE_MS] = [1_000, 10_000];
const BURST_JOBS = 20;
const LONGEST_BURST_MS = 300;
const SETTLED_WITHIN_MS = 90_000;
const IDLE_MS = 1_500;
const LARGE_BYTES = 4_194_304;
/** By then an effect is free again that was under way when the Worker was killed. */
const LEASE_MS = 241_000;

type World = {
  deepgram: FakeDeepgram;
  witness: Witness;
  crm: WebhookReceiver;
  /** How many jobs there are. */
  submitted: number;
  /** A new life with the storage of those before. */
  live: () => Promise<RunningWorker>;
};

/**
 * Submits without end to the simulated Deepgram, and kills the Worker with all of its processes at
 * random moments; then verifies every job. Deepgram's thirty seconds are four here.
 */
export async function killAgain(options: KillOptions): Promise<KillReport> {
  const persistTo = mkdtempSync(join(tmpdir(), "edge-kill-"));
  const witness = await startWitness();
  const crm = await startWebhookReceiver({ secret: WEBHOOK_SECRET });
  const deepgram = await startFakeDeepgram({
    seed: options.seed,
    retryIntervalMs: RETRY_INTERVAL_MS,
  });
  const vars = {
    CALLBACK_CREDENTIALS: CREDENTIALS,
    API_TOKENS: `kill:read:${TOKEN}`,
    WEBHOOK_ENDPOINTS: JSON.stringify({ crm: { url: crm.url, secret: WEBHOOK_SECRET } }),
    FOLLOW_UPS: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
  };
  const live = async () => {
    const worker = await runWorker({ persistTo, vars });
    witness.lead(worker.url);
    return worker;
  };
  try {
    return await play({ deepgram, witness, crm, submitted: 0, live }, options);
  } finally {
    await deepgram.close();
    await witness.close();
    await crm.close();
    rmSync(persistTo, { recursive: true, force: true });
  }
}

async function play(world: World, options: KillOptions): Promise<KillReport> {
  const { deepgram, witness, live } = world;
  const { kills, seed } = options;
  let worker = await live();
  try {
    const random = randomFrom(seed);
    const stop = new AbortController();
    const submitting = submitUntil(world, stop.signal);
    let caught = 0;
    for (let kill = 0; kill < kills; kill++) {
      await sleep(between(random, SHORTEST_LIFE_MS, LONGEST_LIFE_MS));
      // What comes together is met in the midst of its work.
      await Promise.all(Array.from({ length: BURST_JOBS }, () => submit(world)));
      await sleep(between(random, 0, LONGEST_BURST_MS));
      caught += await eventually(witness.underWay, (underWay) => underWay > 0);
      witness.lead(null);
      await worker.stop("SIGKILL");
      worker = await live();
    }
    await sleep(SHORTEST_LIFE_MS);
    stop.abort();
    await submitting;
    await settled(deepgram);
    const { jobs } = deepgram;
    const seen = [...witness.seen];
    const stored = await verifyStored(jobs, seen, { url: worker.url, token: TOKEN });
    const notified = await notifiedOfAll(world, worker, options);
    const acknowledged = seen.filter(isAcknowledged);
    return {
      ...stored,
      notified,
      kills,
      seed,
      jobs: jobs.length,
      caught,
      unanswered: seen.length - acknowledged.length,
      dropped: jobs.filter(({ state }) => state === "dropped").map(attemptsOf),
      ackMs: acknowledged
        .filter(({ bytes }) => bytes <= LARGE_BYTES)
        .map(({ ms }) => ms)
        .sort((a, b) => a - b),
    };
  } finally {
    await worker.stop("SIGKILL");
  }
}

function attemptsOf({ requestId, path, attempts }: Job): string {
  const statuses = attempts.map(({ copy, status, error }) => `${copy}: ${status ?? error}`);
  return `${requestId} ${path}: ${statuses.join(", ")}`;
}

async function submitUntil(world: World, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await submit(world);
    await sleep(SUBMIT_EVERY_MS);
  }
}

/** One more job for the simulated Deepgram. */
async function submit(world: World): Promise<void> {
  const job = ++world.submitted;
  const callback = new URL(`/hook?job=${job}`, world.witness.url);
  [callback.username = "", callback.password = ""] = CREDENTIALS.split(":");
  const url = new URL("/v1/listen", world.deepgram.url);
  url.search = new URLSearchParams({ callback: callback.href, fake: fakeOf(job) }).toString();
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: "Token a-key", "content-type": "audio/wav" },
    body: new Uint8Array(800),
  });
  if (!response.ok) throw new Error(`Deepgram answered ${response.status}`);
}

const settled = (deepgram: FakeDeepgram) =>
  eventually(
    () => deepgram.jobs.filter(({ state }) => state === "waiting").length,
    (waiting) => waiting === 0,
    SETTLED_WITHIN_MS,
  );

/**
 * Cloudflare's queue outlives a Worker; the local one dies with it, so what it had is sent again, by
 * one more copy of each callback.
 */
async function notifiedOfAll(
  { deepgram, crm }: World,
  worker: RunningWorker,
  { tellWithinMs: withinMs, awaitsLeases }: KillOptions,
): Promise<KillReport["notified"]> {
  await idle(crm);
  if (awaitsLeases) await sleep(LEASE_MS);
  const ids = deepgram.jobs.map(({ requestId }) => requestId);
  const before = notificationsOf(crm);
  const requeued = ids.filter((id) => !before.has(id)).length;
  await again(deepgram);
  await worker.sweep();
  const reads = { url: worker.url, token: TOKEN };
  const notified = await verifyNotified(ids, crm, { reads, withinMs, mayBeHeld: !awaitsLeases });
  return { requeued, ...notified };
}

/** Until no notification has come for a while. */
async function idle(crm: WebhookReceiver): Promise<void> {
  let before = -1;
  for (let now = 0; now !== before; now = crm.deliveries.length) {
    before = now;
    await sleep(IDLE_MS);
  }
}

/** One more copy of every callback, a few at a time. */
async function again(deepgram: FakeDeepgram): Promise<void> {
  const ids = deepgram.jobs.map(({ requestId }) => requestId);
  const sender = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) await deepgram.redeliver(id);
  };
  await Promise.all(Array.from({ length: 6 }, sender));
}
