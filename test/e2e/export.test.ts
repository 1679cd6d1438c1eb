import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorBody } from "../support/bodies/errors.ts";
import { listenBody } from "../support/bodies.ts";
import { runCommand } from "./commands/run-command.ts";
import { eventually } from "./eventually.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const CREDENTIALS = "deepgram:export-password";
const TOKEN = "export-token";
const LARGE = " ".repeat(5_000_000);

const persistTo = mkdtempSync(join(tmpdir(), "edge-export-"));
const folder = join(persistTo, "exported");
let worker: RunningWorker;

beforeAll(async () => {
  const vars = { CALLBACK_CREDENTIALS: CREDENTIALS, API_TOKENS: `e2e:read+admin:${TOKEN}` };
  worker = await runWorker({ persistTo, vars });
});

afterAll(async () => {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
});

async function deliver(body: string): Promise<number> {
  const headers = { authorization: `Basic ${btoa(CREDENTIALS)}` };
  return (await fetch(`${worker.url}/hook`, { method: "POST", headers, body })).status;
}

const exported = (token = TOKEN) =>
  runCommand("export", [worker.url, folder], { EXPORT_TOKEN: token });

const fileOf = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");

const listed = async () => {
  const url = `${worker.url}/v1/transcripts`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await response.json()) as { transcripts: unknown[] }).transcripts.length;
};

it("npm run export fetches every body byte for byte, and resumes where it was interrupted", async () => {
  const transcript = (words: number, requestId = crypto.randomUUID()) => ({
    requestId,
    body: JSON.stringify(listenBody({ requestId, words })),
  });
  const small = transcript(40);
  const large = transcript(50);
  const other = transcript(60, small.requestId);
  const failed = crypto.randomUUID();
  expect(await deliver(small.body)).toBe(200);
  expect(await deliver(large.body + LARGE)).toBe(200);
  expect(await deliver(other.body)).toBe(200);
  const failure = errorBody("err_code", failed);
  expect(await deliver(failure)).toBe(200);
  expect(await deliver("nobody's")).toBe(422);
  await eventually(listed, (count) => count === 3);

  const first = await exported();
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(first.stdout).toContain("2 × transcript");
  expect(first.stdout).toContain("0 of them were there before; 0 could not be had");
  expect(fileOf("transcripts", `${small.requestId}.json`)).toBe(small.body);
  expect(fileOf("transcripts", `${large.requestId}.json`) === large.body + LARGE).toBe(true);
  const versions = readdirSync(join(folder, "transcripts")).filter((name) => name.length > 41);
  expect(versions.map((name) => fileOf("transcripts", name))).toEqual([other.body]);
  expect(fileOf("transcripts", `${failed}.json`)).toBe(failure);
  expect(JSON.parse(fileOf("statuses", `${failed}.json`))).toMatchObject({ state: "failed" });
  expect(readdirSync(join(folder, "quarantine"))).toHaveLength(1);
  const manifest = fileOf("manifest.jsonl");
  expect(manifest.trim().split("\n")).toHaveLength(3 + 1 + 3 + 1);

  const spoilt = join(folder, "transcripts", `${small.requestId}.json`);
  writeFileSync(spoilt, "half of it");
  const second = await exported();
  expect(second.stdout).toContain("4 of them were there before; 0 could not be had");
  expect(fileOf("transcripts", `${small.requestId}.json`)).toBe(small.body);
  expect(fileOf("manifest.jsonl")).toBe(manifest);
});

it("a token that may not read exports nothing, and says so", async () => {
  const { status, stderr } = await exported("wrong-token");
  expect(status).toBe(1);
  expect(stderr).toContain("/v1/transcripts?limit=500 answers 401");
  expect(stderr).not.toContain("wrong-token");
});
