import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listenBody } from "../support/bodies.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const CREDENTIALS = "deepgram:e2e-password";
const TOKEN = "e2e-token";
const IDS = ["51712a9a-9c10-4128-8e9d-6741cbff5c7f", "61712a9a-9c10-4128-8e9d-6741cbff5c7f"];

const persistTo = mkdtempSync(join(tmpdir(), "edge-receiver-"));
let worker: RunningWorker;

const start = async () => {
  const vars = { CALLBACK_CREDENTIALS: CREDENTIALS, API_TOKENS: `e2e:read+admin:${TOKEN}` };
  worker = await runWorker({ persistTo, vars });
};

beforeAll(start);

afterAll(async () => {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
});

async function ask(path: string): Promise<{ transcripts?: unknown[] }> {
  const response = await fetch(worker.url + path, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  return (await response.json()) as { transcripts?: unknown[] };
}

const shown = async () => [
  (await ask("/v1/transcripts")).transcripts?.length,
  (await ask("/v1/search?q=fenwick")).transcripts?.length,
];

function rebuild(env: Record<string, string>, url = worker.url, ...flags: string[]) {
  const command = ["src/commands/rebuild-catalogue.ts", "--url", url, ...flags];
  return spawnSync(process.execPath, command, {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
}

function emptyCatalogue(): void {
  const sql = "DELETE FROM transcripts; DELETE FROM listed; DELETE FROM months;";
  const flags = ["--local", "--persist-to", persistTo, "--command", sql];
  const { status, stderr } = spawnSync("wrangler", ["d1", "execute", "CATALOGUE", ...flags], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
}

it("npm run rebuild-catalogue brings lists and search back from R2 alone", {
  timeout: 150_000,
}, async () => {
  for (const requestId of IDS) {
    const body = JSON.stringify(listenBody({ words: 30, requestId }));
    const authorization = `Basic ${btoa(CREDENTIALS)}`;
    await fetch(`${worker.url}/hook`, { method: "POST", headers: { authorization }, body });
  }
  const before = await eventually(shown, ([rows, hits]) => rows === 2 && hits === 2);
  expect(before).toEqual([2, 2]);
  await worker.stop();
  emptyCatalogue();
  await start();
  expect(await shown()).toEqual([0, 0]);
  const part = rebuild({ ADMIN_TOKEN: TOKEN }, worker.url, "--ranges", "6");
  expect(part.stdout).toBe("1 callbacks read, 0 rows without one removed\n");
  expect((await shown())[0]).toBe(1);
  const { status, stdout, stderr } = rebuild({ ADMIN_TOKEN: TOKEN });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe("2 callbacks read, 0 rows without one removed\n");
  expect(await shown()).toEqual([2, 2]);
});

it("npm run rebuild-catalogue says why it cannot, and exits 1", () => {
  const refused = rebuild({ ADMIN_TOKEN: "wrong" });
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("401")]);
  expect(refused.stderr).toContain("continue with --ranges 0123456789abcdef");
  const wrong = rebuild({ ADMIN_TOKEN: TOKEN }, worker.url, "--ranges", "6g");
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("hexadecimal digits")]);
  const away = rebuild({ ADMIN_TOKEN: TOKEN }, "http://127.0.0.1:9");
  expect([away.status, away.stderr]).toEqual([1, expect.stringMatching(/fetch failed|bad port/)]);
  const elsewhere = rebuild({}, "https://edge.test");
  expect([elsewhere.status, elsewhere.stderr]).toEqual([1, expect.stringContaining("ADMIN_TOKEN")]);
});

it("npm run rebuild-catalogue names the ranges that are left when it is interrupted", async () => {
  const done = JSON.stringify({ transcripts: 1, removed: 0, failed: [], cursor: null });
  // The range 6 is never answered.
  const server = createServer(({ url }, response) => {
    if (!url?.endsWith("=6")) response.end(done);
    else running.kill("SIGINT");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const command = ["src/commands/rebuild-catalogue.ts", "--url", `http://127.0.0.1:${port}`];
  const running = spawn(process.execPath, [...command, "--ranges", "567", "--at-once", "1"], {
    env: { ...process.env, ADMIN_TOKEN: TOKEN },
  });
  const said = running.stderr.toArray();
  expect(await once(running, "exit")).toEqual([130, null]);
  expect(Buffer.concat(await said).toString()).toBe("Not finished: continue with --ranges 67\n");
  server.closeAllConnections();
  server.close();
});
