import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { R2Bucket } from "@cloudflare/workers-types";
import { getPlatformProxy } from "wrangler";
import { eventually } from "../../../e2e/eventually.ts";
import { type RunningWorker, runWorker } from "../../../e2e/run-worker.ts";
import { between, type Random, randomFrom } from "../../../support/bodies/random.ts";
import { bytesOf, listenBody } from "../../../support/bodies.ts";
import type { Part, Proof } from "../part.ts";

export type LargeBodiesReport = {
  kills: number;
  seed: number;
  /** Calls that were acknowledged, by what they do. */
  acknowledged: Record<Call["does"], number>;
  /** Of all, those whose first attempt had another answer or none. */
  byRetry: number;
  /** Calls under way at the moments of the kills. */
  caught: number;
  /** Bodies that nothing named before the sweep, and those that it removed. */
  unnamed: number;
  removed: number;
  /** Acknowledged bodies that are not there byte for byte, or not current, before or after the sweep. */
  lost: string[];
  /** Objects of bodies that nothing names, or that are missing, and notes, after the sweep. */
  unsettled: string[];
};

type Call = {
  does: "deliver" | "promote" | "delete";
  method: "POST" | "DELETE";
  path: string;
  body?: Uint8Array;
  isChunked?: true;
  /** The answers to it, repeated or not. */
  ends: number[];
};

/** What must be there at the end of a request's calls, by path: a digest, or the status without a body. */
type Expected = Map<string, string | number>;

type World = {
  /** Null while the Worker is dead. */
  url: string | null;
  underWay: number;
  calls: { does: Call["does"]; attempts: number }[];
  expected: Expected;
};

/** Its types are those of workerd, which do not go together with those of Node. */
const SWEEPER = new URL("../../../../src/store/sweep-bodies.ts", import.meta.url).href;

type Sweeper = {
  sweepBodies: (
    bucket: R2Bucket,
    now: number,
    run: "start" | "continue",
  ) => Promise<{ removed: number; hoursLeft: number }>;
};

const CREDENTIALS = "deepgram:kill-password";
const TOKEN = "a-token-of-the-kill-test";
const HOUR_MS = 3_600_000;
const RETRY_MS = 500;
const [SHORTEST_LIFE_MS, LONGEST_LIFE_MS] = [1_500, 5_000];
/** The limit up to which a body is held is 4 MiB. */
const [SMALLEST_BYTES, LARGEST_BYTES] = [4_300_000, 12_000_000];
const AT_ONCE = 3;
const SETTLED_WITHIN_MS = 120_000;

const LONG = { kills: 15, seed: 20_261_130 };

/** `wrangler dev` killed again and again while large bodies come, are promoted and deleted. */
export const killLargeBodies: Part = {
  name: "kill-large-bodies",
  prove: async () => proofOf(await killAmongLargeBodies(LONG)),
};

/**
 * Delivers large bodies without end, promotes and deletes them, and kills the Worker with all of its
 * processes at random moments. Every call is repeated until it is acknowledged. Then reads all of them,
 * sweeps the bucket with a clock some hours on, looks at what is left, and reads all once more.
 */
export async function killAmongLargeBodies(options: {
  kills: number;
  seed: number;
}): Promise<LargeBodiesReport> {
  const folder = mkdtempSync(join(tmpdir(), "edge-kill-"));
  const persistTo = join(folder, "state");
  const vars = { CALLBACK_CREDENTIALS: CREDENTIALS, API_TOKENS: `kill:read+admin:${TOKEN}` };
  const world: World = { url: null, underWay: 0, calls: [], expected: new Map() };
  const live = async () => {
    const worker = await runWorker({ persistTo, vars });
    world.url = worker.url;
    return worker;
  };
  let worker = await live();
  try {
    const random = randomFrom(options.seed);
    const stop = new AbortController();
    const calling = Promise.all(
      Array.from({ length: AT_ONCE }, () => callUntil(world, random, stop.signal)),
    );
    let caught = 0;
    for (let kill = 0; kill < options.kills; kill++) {
      await sleep(between(random, SHORTEST_LIFE_MS, LONGEST_LIFE_MS));
      caught += await eventually(
        () => world.underWay,
        (underWay) => underWay > 0,
      );
      world.url = null;
      await worker.stop("SIGKILL");
      worker = await live();
    }
    stop.abort();
    await calling;
    const lost = await lostOf(world, worker);
    await worker.stop("SIGKILL");
    const swept = await sweepAll(folder, persistTo);
    worker = await live();
    lost.push(...(await lostOf(world, worker)));
    const acknowledged = { deliver: 0, promote: 0, delete: 0 };
    for (const { does } of world.calls) acknowledged[does]++;
    const byRetry = world.calls.filter(({ attempts }) => attempts > 1).length;
    return { ...options, acknowledged, byRetry, caught, ...swept, lost };
  } finally {
    await worker.stop("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function callUntil(world: World, random: Random, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const { calls, expected } = storyOf(random);
    for (const call of calls) await acknowledged(world, call);
    for (const [path, found] of expected) world.expected.set(path, found);
  }
}

/** The calls about one request, and what must be there after them. */
function storyOf(random: Random): { calls: Call[]; expected: Expected } {
  const id = crypto.randomUUID();
  const [first, second] = [1, 2].map((seed) =>
    bytesOf(listenBody({ requestId: id, seed, words: 12 })),
  );
  const one = padded(first!, random);
  const other = padded(second!, random);
  const read = `/v1/transcripts/${id}.json`;
  const there = (current: Uint8Array, version: Uint8Array): Expected =>
    new Map([
      [read, sha256Of(current)],
      [`${read}?version=${sha256Of(version)}`, sha256Of(version)],
    ]);
  const kind = Math.floor(random() * 5);
  if (kind === 0) {
    const calls = [delivery(one), delivery(other, true), promotion(id, other)];
    return { calls, expected: there(other, one) };
  }
  if (kind === 1) {
    // Small bodies are copied to be promoted, and the copy is displaced again.
    const calls = [
      delivery(first!),
      delivery(second!),
      promotion(id, second!),
      promotion(id, first!),
    ];
    return { calls, expected: there(first!, second!) };
  }
  if (kind === 2) {
    const failure = padded(bytesOf({ request_id: id, err_code: "E", err_msg: "failed" }), random);
    return { calls: [delivery(failure), delivery(one, true)], expected: there(one, failure) };
  }
  if (kind === 3) {
    const calls = [delivery(one), delivery(other), deletion(`/v1/transcripts/${id}`)];
    return { calls, expected: new Map([[read, 410]]) };
  }
  const unknown = padded(new TextEncoder().encode(`nobody knows ${id}`), random);
  const path = `/v1/quarantine/${sha256Of(unknown)}`;
  const calls = [{ ...delivery(unknown), ends: [422] }];
  const isKept = random() < 0.5;
  if (!isKept) calls.push(deletion(path, [204, 404]));
  return { calls, expected: new Map([[path, isKept ? sha256Of(unknown) : 404]]) };
}

const delivery = (body: Uint8Array, isChunked = false): Call => ({
  does: "deliver",
  method: "POST",
  path: "/hook",
  body,
  ...(isChunked && { isChunked }),
  ends: [200],
});

const promotion = (id: string, body: Uint8Array): Call => ({
  does: "promote",
  method: "POST",
  path: `/v1/transcripts/${id}/versions/${sha256Of(body)}/promote`,
  ends: [200],
});

const deletion = (path: string, ends = [204]): Call => ({
  does: "delete",
  method: "DELETE",
  path,
  ends,
});

const sha256Of = (body: Uint8Array) => createHash("sha256").update(body).digest("hex");

/** A body over the limit, by white space at its end. */
function padded(body: Uint8Array, random: Random): Uint8Array {
  const large = new Uint8Array(between(random, SMALLEST_BYTES, LARGEST_BYTES)).fill(0x20);
  large.set(body);
  return large;
}

/** Repeats a call until it has come to its end. */
async function acknowledged(world: World, call: Call): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    world.underWay++;
    const status = await answerOf(world, call);
    world.underWay--;
    if (status !== null && call.ends.includes(status)) {
      world.calls.push({ does: call.does, attempts });
      return;
    }
    if (status !== null && ![400, 503].includes(status)) {
      throw new Error(`${call.method} ${call.path} answered ${status}`);
    }
    await sleep(RETRY_MS);
  }
}

/** Null when the Worker gave no answer. */
async function answerOf({ url }: World, call: Call): Promise<number | null> {
  const { method, path, body, isChunked } = call;
  if (url === null) return null;
  const authorization = path === "/hook" ? `Basic ${btoa(CREDENTIALS)}` : `Bearer ${TOKEN}`;
  try {
    const response = await fetch(url + path, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(body && { body: isChunked ? new Blob([body]).stream() : body }),
      ...(isChunked && { duplex: "half" as const }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

/** What of the expected is not there as it should be, each with what is found. */
async function lostOf({ expected }: World, { url }: RunningWorker): Promise<string[]> {
  const lost: string[] = [];
  const headers = { authorization: `Bearer ${TOKEN}`, "accept-encoding": "identity" };
  for (const [path, wanted] of expected) {
    const response = await fetch(url + path, { headers });
    const body = new Uint8Array(await response.arrayBuffer());
    const found = response.status === 200 ? sha256Of(body) : response.status;
    if (found !== wanted) lost.push(`${path}: ${found} and not ${wanted}`);
  }
  return lost;
}

/** Has the sweeper look at the bucket of a Worker that is stopped, with a clock some hours on. */
async function sweepAll(folder: string, persistTo: string) {
  const configPath = join(folder, "r2.json");
  const r2_buckets = [{ binding: "BUCKET", bucket_name: "deepgram-transcripts" }];
  writeFileSync(configPath, JSON.stringify({ name: "r2", r2_buckets }));
  const proxy = await getPlatformProxy<{ BUCKET: R2Bucket }>({
    configPath,
    persist: { path: join(persistTo, "v3") },
  });
  try {
    const { sweepBodies } = (await import(SWEEPER)) as Sweeper;
    const { BUCKET: bucket } = proxy.env;
    const unnamed = (await unsettledIn(bucket)).filter((key) => key.startsWith("bodies/")).length;
    let removed = 0;
    for (const hours of [2, 4]) {
      const now = Date.now() + hours * HOUR_MS;
      const deadline = Date.now() + SETTLED_WITHIN_MS;
      for (let run: "start" | "continue" = "start", isOver = false; !isOver; run = "continue") {
        const swept = await sweepBodies(bucket, now, run);
        removed += swept.removed;
        isOver = swept.removed === 0 && swept.hoursLeft === 0;
        if (Date.now() > deadline) throw new Error("the sweeper comes to no end");
      }
    }
    return { unnamed, removed, unsettled: await unsettledIn(bucket) };
  } finally {
    await proxy.dispose();
  }
}

/** Bodies and references that nothing names, those named that are missing, and notes. */
async function unsettledIn(bucket: R2Bucket): Promise<string[]> {
  const named = new Set<string>();
  const found: string[] = [];
  for (let cursor: string | undefined, isMore = true; isMore; ) {
    const page = await bucket.list({ include: ["customMetadata"], ...(cursor && { cursor }) });
    for (const { key, customMetadata } of page.objects) {
      if (/^(bodies|body-refs|body-checks)\/|\/displaced\//.test(key)) found.push(key);
      else if (customMetadata?.body && customMetadata.state !== "deleted") {
        named.add(customMetadata.body);
        named.add(customMetadata.body.replace("bodies/", "body-refs/"));
      }
    }
    isMore = page.truncated;
    cursor = page.truncated ? page.cursor : undefined;
  }
  const missing = [...named].filter((key) => !found.includes(key)).map((key) => `no ${key}`);
  return [...found.filter((key) => !named.has(key)), ...missing];
}

/** Holds when kills met calls, and all that was acknowledged is there and nothing else. */
export function proofOf(report: LargeBodiesReport): Proof {
  const { kills, seed, acknowledged, byRetry, caught, unnamed, removed, lost, unsettled } = report;
  const rows: [string, number][] = [
    ["kills", kills],
    ["calls under way when the Worker was killed", caught],
    ["bodies acknowledged", acknowledged.deliver],
    ["promotions acknowledged", acknowledged.promote],
    ["deletions acknowledged", acknowledged.delete],
    ["… calls acknowledged by a retry", byRetry],
    ["bodies that nothing named before the sweep", unnamed],
    ["bodies that the sweeper removed", removed],
    ["answers **that are not what was acknowledged**, before the sweep and after it", lost.length],
    [
      "bodies **without a record, records without their body, and notes** after the sweep",
      unsettled.length,
    ],
  ];
  const faults = [
    ...lost,
    ...unsettled,
    ...(caught > 0 ? [] : ["no call was under way when the Worker was killed"]),
    ...(byRetry > 0 ? [] : ["no call was acknowledged by a retry"]),
  ];
  const section = [
    "## Killed among large bodies",
    `\`wrangler dev\` with persistent storage; ${AT_ONCE} senders at a time deliver bodies of 4.3 to 12 MB, with and without a length (and small ones, which are copied when they are promoted), promote and delete them, and repeat each call until it is acknowledged. All of the Worker's processes are killed (SIGKILL) at random moments (seed ${seed}) while a call is under way, and started again. At the end every acknowledged body is read and compared; then the sweeper runs over the same bucket with a clock two and four hours on; then what is left is compared with what records name, and every body is read once more.`,
    ["| | |\n|---|---:|", ...rows.map(([what, found]) => `| ${what} | ${found} |`)].join("\n"),
    ...(faults.length === 0 ? [] : [faults.map((fault) => `- ${fault}`).join("\n")]),
  ].join("\n\n");
  return { section, holds: faults.length === 0 && acknowledged.deliver > 0 };
}
