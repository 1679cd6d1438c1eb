import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiOf, exportAll } from "../../../src/commands/export.ts";

const ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f";
const folder = mkdtempSync(join(tmpdir(), "edge-export-"));

/** A Worker that is busy at first, and then gives other bytes than its status promises. */
let busy = 2;
let server: Server;

beforeAll(async () => {
  server = createServer(({ url = "" }, response) => {
    if (busy-- > 0) return response.writeHead(503, { "retry-after": "1" }).end();
    const { pathname } = new URL(url, "http://edge.test");
    const status = {
      ...{ state: "received", received_at: "2026-11-24T12:00:00Z", sha256: "0".repeat(64) },
      ...{ conflicts: [], follow_ups: [{ name: "translate:../../es", state: "done" }] },
    };
    const answers: Record<string, unknown> = {
      "/v1/transcripts": { transcripts: [{ request_id: ID }], next_cursor: null },
      "/v1/quarantine": { quarantine: [], next_cursor: null },
      [`/v1/transcripts/${ID}/status`]: status,
      [`/v1/transcripts/${ID}/names`]: { "0:0": "Ana" },
      [`/v1/transcripts/${ID}.json`]: { other: "bytes" },
    };
    const body = answers[pathname];
    return body ? response.end(JSON.stringify(body)) : response.writeHead(500).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

it("asks a busy Worker again, reports a body with another digest, and leaves the folder to nobody", async () => {
  const { port } = server.address() as AddressInfo;
  const api = apiOf(new URL(`http://127.0.0.1:${port}`), "a-token");
  const exported = await exportAll(api, folder);
  expect(busy).toBeLessThan(0);
  expect(exported.counts).toEqual({ names: 1, status: 1 });
  expect(exported.missing).toEqual([expect.stringMatching(/^transcripts\/.* has the digest /)]);
  expect(readdirSync(folder).sort()).toEqual([
    "manifest.jsonl",
    "names",
    "statuses",
    "transcripts",
  ]);
});
