import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { awaitVersion } from "../../../src/commands/smoke/call.ts";
import { smoke as smokeIt, steps } from "../../../src/commands/smoke/smoke.ts";
import { eventually } from "../eventually.ts";
import { type RunningWorker, runWorker } from "../run-worker.ts";
import { alwaysHttps, behindCloudflare, challenge, integrityCheck } from "./behind-cloudflare.ts";
import { runCommand } from "./run-command.ts";

const CREDENTIALS = "deepgram:smoke-password";
const READER = "reader-token";
const OPERATOR = "operator-token";

const persistTo = mkdtempSync(join(tmpdir(), "edge-smoke-"));
let worker: RunningWorker;

beforeAll(async () => {
  worker = await runWorker({
    persistTo,
    vars: {
      CALLBACK_CREDENTIALS: CREDENTIALS,
      API_TOKENS: `reader:read:${READER} operator:read+submit+admin:${OPERATOR}`,
      FOLLOW_UPS: '{"translate":["es"],"notify":[{"channel":"webhook","to":"crm"}]}',
      WEBHOOK_ENDPOINTS: `{"crm":{"url":"http://127.0.0.1:9","secret":"whsec_c21va2U="}}`,
    },
  });
});

afterAll(async () => {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
});

/** What the command prints, and its exit code; it runs in this process. */
async function smoke(url: string, token = OPERATOR, credentials = CREDENTIALS, tried = smokeIt) {
  const options = { url: new URL(url), credentials, token, version: null, waitMs: 0 };
  const findings = await Array.fromAsync(tried(options));
  const lines = findings.map(({ ok, what, hints = [] }) =>
    [`${ok === null ? "  - " : ok ? " ok " : "BAD "} ${what}`, ...hints].join("\n"),
  );
  return { status: findings.some(({ ok }) => ok === false) ? 1 : 0, stdout: lines.join("\n") };
}

/** The first transcript alone, without the many that follow it. */
const ids: string[] = [];
const first = (options: Parameters<typeof steps>[0]) => steps(options, ids);

const command = (url: string, token: string, credentials: string, ...flags: string[]) =>
  runCommand("smoke", [url, "--wait", "0", ...flags], {
    SMOKE_CREDENTIALS: credentials,
    SMOKE_TOKEN: token,
  });

const read = (path: string) =>
  fetch(`${worker.url}/v1/transcripts/${path}`, { headers: { authorization: `Bearer ${READER}` } });

const followUpsOf = async (id: string) => {
  const status = (await (await read(`${id}/status`)).json()) as { follow_ups: { name: string }[] };
  return status.follow_ups.map(({ name }) => name);
};

/** Delivers a transcript that asks for nothing. */
async function deliver(id: string): Promise<void> {
  const channels = [{ alternatives: [{ transcript: "Hello.", words: [] }] }];
  const response = await fetch(`${worker.url}/hook`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(CREDENTIALS)}` },
    body: JSON.stringify({ metadata: { request_id: id }, results: { channels } }),
  });
  expect(response.status).toBe(200);
}

describe("npm run smoke", () => {
  it("delivers, reads back, looks at the links and leaves nothing, with an operator's token", async () => {
    const { status, stdout } = await command(worker.url, OPERATOR, CREDENTIALS);
    expect(stdout).toMatch(/ok {2}\/health says ok\n/);
    expect(stdout).toMatch(/ok {2}a wrong credential is refused \(401\)\n/);
    expect(stdout).toMatch(/ok {2}a callback without User-Agent is stored \(200, \d+ ms\)\n/);
    expect(stdout).toMatch(/ok {2}it is read back byte for byte \(\d+ bytes\)\n/);
    expect(stdout).toMatch(/ok {2}links lead here \(PUBLIC_URL\)\n/);
    expect(stdout).toContain(
      " ok  of 20 bodies at once for one request one is current, and 19 are versions\n",
    );
    expect(stdout).toMatch(
      /ok {2}a body of 42\d{5} bytes with its length announced is stored whole\n/,
    );
    expect(stdout).toMatch(/ok {2}a body of 42\d{5} bytes in chunks is stored whole\n/);
    expect(stdout).toContain(" ok  a transcript right after its failure is current\n");
    expect(stdout).not.toContain("BAD");
    expect(status).toBe(0);
    const deleted = /deleted again: (.+)\n/.exec(stdout)?.[1]?.split(", ") ?? [];
    expect(deleted).toHaveLength(5);
    for (const id of deleted) expect((await read(id)).status).toBe(410);
  });

  it("says what stays with a reader's token", async () => {
    const { status, stdout } = await smoke(worker.url, READER);
    expect(stdout).toContain("PUBLIC_URL is not looked at");
    const [, id = ""] = /stay, with the tag smoke.*: ([\da-f-]{36}),/.exec(stdout) ?? [];
    expect(status).toBe(0);
    expect((await read(id)).status).toBe(200);
  });

  it("notifies nobody of it, whatever FOLLOW_UPS says", async () => {
    await smoke(worker.url, READER, CREDENTIALS, first);
    const id = ids.at(-1) ?? "";
    const other = crypto.randomUUID();
    await deliver(other);
    // The queue is taken in order: what follows the first is planned before what follows the second.
    const planned = await eventually(
      () => followUpsOf(other),
      ({ length }) => length > 0,
      30_000,
    );
    expect(planned).toEqual(
      expect.arrayContaining(["translate:es", "webhook:crm:transcript.received"]),
    );
    const listed = await eventually(
      async () => (await read("?tag=smoke&limit=100")).text(),
      (text) => text.includes(id),
      30_000,
    );
    expect(listed).toContain(id);
    expect(await followUpsOf(id)).toEqual([]);
  });

  it("names Browser Integrity Check and the rule that switches it off for /hook", async () => {
    const front = await behindCloudflare(worker.url, (request, response) =>
      request.url === "/hook" ? integrityCheck(request, response) : false,
    );
    const { status, stdout } = await smoke(front.url);
    await front.close();
    expect(stdout).toContain("BAD  403 by Cloudflare's Browser Integrity Check");
    expect(stdout).toContain(
      `(http.host eq "${new URL(front.url).host}" and starts_with(http.request.uri.path, "/hook"))`,
    );
    expect(stdout).toContain('"action_parameters":{"bic":false}');
    expect(status).toBe(1);
  });

  it("does not blame Browser Integrity Check for a challenge that everybody meets", async () => {
    const front = await behindCloudflare(worker.url, challenge);
    const { status, stdout } = await smoke(front.url);
    await front.close();
    expect(stdout).toContain("BAD  403 by Cloudflare, before the Worker ran, with and without");
    expect(stdout).toContain("Bot Fight Mode of the Free\nplan cannot be skipped by any rule");
    expect(stdout).not.toContain("Integrity");
    expect(status).toBe(1);
  });

  it("says that callbacks need the https address where http is redirected", async () => {
    const front = await behindCloudflare(worker.url, alwaysHttps);
    const { status, stdout } = await smoke(front.url);
    await front.close();
    expect(stdout).toContain(`must begin with ${front.url.replace("http:", "https:")}`);
    expect(status).toBe(1);
  });

  it("finds a PUBLIC_URL that is another address", async () => {
    const front = await behindCloudflare(worker.url, () => false);
    const { status, stdout } = await smoke(front.url, OPERATOR, CREDENTIALS, first);
    await front.close();
    expect(stdout).toContain(`BAD  PUBLIC_URL is ${worker.url}, not ${front.url}`);
    expect(status).toBe(1);
  });

  it("says that the credentials are wrong, and sends them to no output", async () => {
    const { status, stdout, stderr } = await command(worker.url, OPERATOR, "deepgram:not-these");
    expect(stdout).toContain("BAD  401: the credentials are not those of this Worker");
    expect(stdout + stderr).not.toContain("not-these");
    expect(status).toBe(1);
  });

  it("says that a token is wrong", async () => {
    const { status, stdout } = await smoke(worker.url, "not-a-token");
    expect(stdout).toMatch(/BAD {2}reading it back: 401 \w/);
    expect(status).toBe(1);
  });

  it("finds other bytes than were sent", async () => {
    const server = createServer((request, response) => {
      if (request.url?.endsWith(".json")) return response.end("{}");
      if (request.url === "/health") return response.end('{"status":"ok","problems":[]}');
      const isOurs = request.headers.authorization?.endsWith(btoa(CREDENTIALS));
      return response.writeHead(isOurs ? 200 : 401).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { status, stdout } = await smoke(`http://127.0.0.1:${port}`);
    server.close();
    expect(stdout).toContain("BAD  other bytes come back than were sent");
    expect(status).toBe(1);
  });

  it("says that nobody answers, and that another program does", async () => {
    const away = await smoke("http://127.0.0.1:9");
    expect([away.status, away.stdout]).toEqual([1, expect.stringContaining("BAD  no answer")]);
    const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const other = await smoke(`http://127.0.0.1:${port}`);
    server.close();
    expect([other.status, other.stdout]).toEqual([
      1,
      expect.stringContaining("not an answer of this Worker"),
    ]);
  });

  it("finds a body that was acknowledged and is lost, and a race that R2 does not settle", async () => {
    const stored = new Map<string, Buffer>();
    const server = createServer(async (request, response) => {
      const { url = "", method } = request;
      if (url === "/health") return response.end('{"status":"ok","problems":[]}');
      const body = await buffer(request);
      const id = url.split(/[/.]/)[3] ?? "";
      if (method === "DELETE") return response.writeHead(204).end();
      if (url === "/hook") {
        if (!request.headers.authorization?.endsWith(btoa(CREDENTIALS))) {
          return response.writeHead(401).end();
        }
        // The last writer wins, and what was there before is gone.
        const { metadata, request_id } = JSON.parse(body.toString());
        stored.set(metadata?.request_id ?? request_id, body);
        return response.end();
      }
      const known = stored.get(id) ?? Buffer.of();
      const sha256 = createHash("sha256").update(known).digest("hex");
      if (url.endsWith("/status")) return response.end(JSON.stringify({ sha256, conflicts: [] }));
      if (url.endsWith("/share")) {
        return response
          .writeHead(201)
          .end(JSON.stringify({ url: `http://${request.headers.host}/` }));
      }
      return response.writeHead(200, { etag: `"${sha256}"` }).end(known);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { status, stdout } = await smoke(`http://127.0.0.1:${port}`);
    server.close();
    expect(stdout).toContain(
      "BAD  of 20 bodies at once, all answered 200, 19 are lost: 0 versions",
    );
    expect(status).toBe(1);
  });

  it("exits 2 when it cannot begin", async () => {
    expect(await command("edge.test", OPERATOR, CREDENTIALS)).toMatchObject({
      status: 2,
      stdout: "",
    });
    const noToken = await command("https://edge.test", "", CREDENTIALS);
    expect(noToken).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--token is missing"),
    });
  });
});

/** A Worker that answers operators with one version after the other, and counts what is asked of it. */
async function rollingOut(versions: string[]) {
  const asked: string[] = [];
  const server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    const version = versions[asked.length - 1] ?? versions.at(-1);
    response.end(JSON.stringify({ status: "ok", problems: [], version, storage: {} }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { asked, url: new URL(`http://127.0.0.1:${port}`), close: () => server.close() };
}

const access = { credentials: CREDENTIALS, token: OPERATOR };

describe("npm run smoke, as npm run deploy ends with it", () => {
  it("waits until the version that was deployed answers everywhere it asks", async () => {
    const worker = await rollingOut(["old", "new", "old", "new", "new", "new"]);
    const options = { ...access, url: worker.url, version: "new", waitMs: 30_000 };
    const found = await awaitVersion(options, "new");
    worker.close();
    expect(found).toEqual({ ok: true, what: "version new answers" });
    expect(worker.asked).toHaveLength(6);
  });

  it("tries no version before it, and says so when its time is over", async () => {
    const worker = await rollingOut(["old"]);
    const options = { ...access, url: worker.url, version: "new", waitMs: 0 };
    const findings = await Array.fromAsync(smokeIt(options));
    worker.close();
    expect(findings.map(({ ok, what }) => [ok, what])).toEqual([
      [true, "/health says ok"],
      [false, "version new does not answer yet, but old"],
    ]);
    expect(new Set(worker.asked)).toEqual(new Set(["GET /health"]));
  });

  it("knows the version by /health of the Worker itself, with an operator's token", async () => {
    const url = new URL(worker.url);
    const response = await fetch(new URL("/health", url), {
      headers: { authorization: `Bearer ${OPERATOR}` },
    });
    const { version } = (await response.json()) as { version: string };
    const options = { ...access, url, version, waitMs: 0 };
    expect(await awaitVersion(options, version)).toMatchObject({ ok: true });
    expect(await awaitVersion({ ...options, token: READER }, version)).toMatchObject({ ok: null });
  });
});

const isFull = inject("isFull");

// It starts another Worker: that deployments refuse these secrets is quicker to see.
describe.runIf(isFull)(
  "npm run smoke of a Worker with the secrets of .dev.vars.example in production",
  () => {
    it("names every one of them", async () => {
      const secrets = mkdtempSync(join(tmpdir(), "edge-smoke-"));
      const vars = { ENVIRONMENT: "production", PUBLIC_URL: "https://edge.test" };
      const exposed = await runWorker({
        persistTo: secrets,
        vars: {
          ...vars,
          CALLBACK_CREDENTIALS: "deepgram:local-callback-password",
          API_TOKENS: "operator:read+admin:local-admin-token",
        },
      });
      const { status, stdout } = await smoke(exposed.url);
      await exposed.stop();
      rmSync(secrets, { recursive: true, force: true });
      expect(stdout).toContain("BAD  /health says misconfigured");
      for (const name of ["CALLBACK_CREDENTIALS", "API_TOKENS"]) {
        expect(stdout).toContain(`BAD  ${name}: is wrong`);
      }
      expect(status).toBe(1);
    });
  },
);
