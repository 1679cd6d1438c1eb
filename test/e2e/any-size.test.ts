import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerdPids } from "../bench/processes.ts";
import { type SizedBody, sizedBody } from "../support/bodies/sized.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

// The limit holds for every isolate, as the 128 MB of the platform do: what holds a transcript of
// 95 MB as a string or as an object dies of it.
const HEAP_LIMIT = { MINIFLARE_WORKERD_V8_FLAGS: "--max-heap-size=128" };
const LARGE_BYTES = 95_000_000;
const PARALLEL_BYTES = 25_000_000;
const PARALLEL = 4;
const TIMEOUT_MS = 240_000;
const KEPT_WITHIN_MS = 60_000;
/** Speech that fills 95 MB of JSON is longer than this in every format. */
const MIN_RENDERED_BYTES = 1_000_000;

type Answer = { status: number; bytes: number; sha256: string };

const persistTo = mkdtempSync(join(tmpdir(), "edge-receiver-"));
let worker: RunningWorker;
let pids: number[];

beforeAll(async () => {
  worker = await runWorker({
    persistTo,
    env: HEAP_LIMIT,
    vars: { CALLBACK_CREDENTIALS: "deepgram:e2e-password", API_TOKENS: "e2e:read:e2e-token" },
  });
  pids = workerdPids();
});

afterAll(async () => {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
});

const bodyOf = (bytes: number, requestId: string) =>
  sizedBody({ bytes, requestId, utterances: true, diarize: true });

/** Delivers a body that is made while it is sent; `fetch` cannot announce the length of a stream. */
async function deliver({ byteLength, chunks }: SizedBody) {
  const sent = createHash("sha256");
  const sending = request(`${worker.url}/hook`, {
    method: "POST",
    auth: "deepgram:e2e-password",
    headers: { "content-type": "application/json", "content-length": byteLength },
  });
  const answered = once(sending, "response") as Promise<[IncomingMessage]>;
  const hashing = (function* () {
    for (const chunk of chunks()) {
      sent.update(chunk);
      yield chunk;
    }
  })();
  Readable.from(hashing).pipe(sending);
  const [response] = await answered;
  response.resume();
  return { status: response.statusCode, sha256: sent.digest("hex") };
}

async function read(id: string, suffix: string): Promise<Answer> {
  const response = await fetch(`${worker.url}/v1/transcripts/${id}${suffix}`, {
    headers: { authorization: "Token e2e-token", "accept-encoding": "identity" },
  });
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { status: response.status, bytes, sha256: hash.digest("hex") };
}

/** Waits for the queue consumer; only the local store tells what has become of it. */
async function segmentsKept(id: string): Promise<void> {
  const folder = join(persistTo, "v3/r2/miniflare-R2BucketObject");
  const count = () => {
    let found = 0;
    for (const name of readdirSync(folder).filter((file) => /^[0-9a-f]+\.sqlite$/.test(file))) {
      const database = new DatabaseSync(join(folder, name), { readOnly: true });
      const query = "SELECT key FROM _mf_objects WHERE key LIKE ?";
      found += database.prepare(query).all(`beside/${id}/segments-%`).length;
      database.close();
    }
    return found;
  };
  await eventually(count, (found) => found === 1, KEPT_WITHIN_MS);
}

describe("within a heap of 128 MB", { timeout: TIMEOUT_MS }, () => {
  it("a callback of 95 MB is stored byte for byte and streams out in every format", async () => {
    const id = crypto.randomUUID();
    const sent = await deliver(bodyOf(LARGE_BYTES, id));
    expect(sent.status).toBe(200);
    const early = await read(id, ".vtt");
    await segmentsKept(id);
    expect(await read(id, ".json")).toEqual({ ...sent, bytes: LARGE_BYTES });
    for (const suffix of [".vtt", ".srt", ".txt", ".jsonl", "/search?q=the"]) {
      const { status, bytes, sha256 } = await read(id, suffix);
      expect({ suffix, status }).toEqual({ suffix, status: 200 });
      expect(bytes).toBeGreaterThan(MIN_RENDERED_BYTES);
      if (suffix === ".vtt") expect(sha256).toBe(early.sha256);
    }
  });

  it("four of 25 MB at once as well", async () => {
    const ids = Array.from({ length: PARALLEL }, () => crypto.randomUUID());
    const sent = await Promise.all(ids.map((id) => deliver(bodyOf(PARALLEL_BYTES, id))));
    const raw = await Promise.all(ids.map((id) => read(id, ".json")));
    expect(raw.map(({ sha256 }) => sha256)).toEqual(sent.map(({ sha256 }) => sha256));
    const captions = await Promise.all(ids.map((id) => read(id, ".vtt")));
    expect(captions.map(({ status }) => status)).toEqual(ids.map(() => 200));
    expect(new Set(captions.map(({ sha256 }) => sha256)).size).toBe(1);
  });

  it("and the process that took them is still there", async () => {
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);
    expect(workerdPids()).toEqual(pids);
    expect(worker.output()).not.toContain("crashed");
  });
});
