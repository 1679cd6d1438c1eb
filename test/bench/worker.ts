import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync, transformSync } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { note } from "./print.ts";
import { workerdPids } from "./processes.ts";

export type BenchWorker = {
  name: string;
  url: URL;
  /** The workerd process; Miniflare starts another one when it dies. */
  pid: number;
  miniflare: Miniflare;
  stop: () => Promise<void>;
};

/** Floor Workers, each a file of workers/. */
export type Floor =
  | "bare-get"
  | "bare-put"
  | "buffer-put-send"
  | "early-exit"
  | "native"
  | "naive"
  | "json-parse";

export const USER = "deepgram";
export const PASSWORD = "bench-password";
export const READ_TOKEN = "bench-read-token";
export const DG_TOKEN = "a1b2c3d4";
export const QUEUE = "deepgram-follow-ups";

/** For every isolate of a process, as V8 counts it: without array buffers. */
export const HEAP_MIB = 128;

type Settings = {
  heapMib?: number;
  /** Opens the inspector, which `isolatePeak` needs. */
  inspect?: boolean;
  /** False leaves the tables out. */
  migrate?: boolean;
  /** False has every request pass the rate limit without asking its simulator. */
  limit?: boolean;
  /** The folder that keeps R2 and D1 beyond the process. */
  persistTo?: string;
  /** On top of our own. */
  bindings?: Record<string, string>;
};

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMPATIBILITY_DATE = "2026-10-23";

/** Bundles our Worker as it is deployed; gives its script. */
export function bundle(folder: string): string {
  const { status, stdout, stderr } = spawnSync(
    "wrangler",
    ["deploy", "--dry-run", "--outdir", folder],
    { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: "false" }, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`wrangler could not bundle:\n${stdout}${stderr}`);
  return readFileSync(join(folder, "index.js"), "utf8");
}

/** Gives the script of our Worker to `work`, after saying on what it runs. */
export async function withBundle(work: (script: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edge-receiver-bench-"));
  try {
    note(
      `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}; 1 MB = 10^6 bytes`,
    );
    note("Miniflare alone; its R2, D1 and queues are simulators in the same workerd process.");
    await work(bundle(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Starts our Worker, its queue without a consumer: `consume` runs it when it is wanted. The
 * limit of the heap holds for every isolate in the process, those of the simulators too.
 */
export async function startOurs(script: string, settings: Settings = {}): Promise<BenchWorker> {
  const worker = await start(settings, {
    ...options("ours", script),
    ...(settings.limit === false && {
      modules: [esModule("index.js", UNLIMITED), esModule("ours.js", script)],
    }),
    r2Buckets: ["TRANSCRIPTS"],
    d1Databases: ["CATALOGUE"],
    queueProducers: { FOLLOW_UP_QUEUE: QUEUE },
    versionMetadata: "VERSION",
    kvNamespaces: ["SETTINGS"],
    durableObjects: {
      LIVE: { className: "LiveRequest", useSQLite: true },
      SEARCH_INDEX: { className: "MonthIndex", useSQLite: true },
    },
    analyticsEngineDatasets: { METRICS: { dataset: "deepgram_edge_receiver" } },
    ratelimits: { API_RATE_LIMIT: { namespace_id: "1", simple: { limit: 1_000_000, period: 10 } } },
    bindings: {
      ENVIRONMENT: "local",
      PUBLIC_URL: "http://127.0.0.1",
      FOLLOW_UPS: "{}",
      MAX_CALLBACK_BYTES: "104857600",
      CALLBACK_CREDENTIALS: `${USER}:${PASSWORD}`,
      API_TOKENS: `bench:read:${READ_TOKEN}`,
      ...settings.bindings,
    },
  });
  if (settings.migrate === false) return worker;
  const migrations = join(ROOT, "src/catalogue/migrations");
  const database = await worker.miniflare.getD1Database("CATALOGUE");
  for (const file of readdirSync(migrations).sort()) {
    const schema = readFileSync(join(migrations, file), "utf8");
    for (const statement of schema.split(/;\s*\n/).filter((text) => text.trim() !== "")) {
      await database.prepare(statement).run();
    }
  }
  return worker;
}

/** Starts a floor Worker; see `startOurs`. */
export async function startFloor(name: Floor, settings: Settings = {}): Promise<BenchWorker> {
  const source = readFileSync(new URL(`workers/${name}.ts`, import.meta.url), "utf8");
  return start(settings, {
    ...options(name, transformSync(source, { loader: "ts" }).code),
    r2Buckets: ["BUCKET"],
    queueProducers: { QUEUE: "floor" },
  });
}

/** Starts the Worker written in a hurry: test/peers/hono. */
export function startHono(settings: Settings = {}): Promise<BenchWorker> {
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, "test/peers/hono/worker.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
  });
  return start(settings, {
    ...options("hono", outputFiles[0]?.text ?? ""),
    r2Buckets: ["BUCKET"],
    bindings: { DG_TOKEN },
  });
}

/** Runs our queue consumer for a stored callback. */
export async function consume({ miniflare }: BenchWorker, requestId: string): Promise<void> {
  const body = { type: "callback", request_id: requestId };
  const worker = await miniflare.getWorker();
  const message = { id: requestId, timestamp: new Date(), attempts: 1, body };
  const { explicitAcks } = await worker.queue(QUEUE, [message]);
  if (!explicitAcks.includes(requestId)) throw new Error("the consumer wants to try again");
}

/** Our Worker with a rate limiter of its own isolate: Cloudflare's asks no other machine either. */
const UNLIMITED = `
import worker from "./ours.js";
export * from "./ours.js";
let own;
const API_RATE_LIMIT = { limit: async () => ({ success: true }) };
const fetch = (request, env, context) =>
  worker.fetch(request, (own ??= { ...env, API_RATE_LIMIT }), context);
export default { ...worker, fetch };`;

const esModule = (path: string, contents: string) => ({
  type: "ESModule" as const,
  path,
  contents,
});

const options = (name: string, script: string) => ({
  name,
  modules: [esModule("index.js", script)],
  compatibilityDate: COMPATIBILITY_DATE,
  handleStructuredLogs: () => {},
});

async function start(
  { heapMib, inspect, persistTo }: Settings,
  workerOptions: V4MiniflareOptions & { name: string },
): Promise<BenchWorker> {
  const before = workerdPids();
  process.env.MINIFLARE_WORKERD_V8_FLAGS = heapMib ? `--max-heap-size=${heapMib}` : "";
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({ ...workerOptions, ...(inspect && { inspectorPort: 0 }) }),
    ...(persistTo && { resourcePersistencePath: persistTo }),
  });
  const url = await miniflare.ready;
  const pid = workerdPids().find((one) => !before.includes(one));
  if (pid === undefined) throw new Error("no workerd process was started");
  return { name: workerOptions.name, url, pid, miniflare, stop: () => miniflare.dispose() };
}
