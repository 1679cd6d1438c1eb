import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, inject, it } from "vitest";
import { type Peer, startExpress, startHono, startOurs } from "./peers.ts";
import type { Target } from "./receiver.ts";
import { comparison, line } from "./report.ts";
import { passes, type Result, run } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

const isFull = inject("isFull");

const QUICK = SCENARIOS.filter(({ name }) => name !== "20-MB" && name !== "slow-body");
const named = (...names: string[]) => SCENARIOS.filter(({ name }) => names.includes(name));
const failed = (results: readonly Result[]) =>
  results.filter(({ verdict }) => verdict !== "pass").map(({ scenario }) => scenario.name);

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function started(start: () => Promise<Peer>): Promise<Target> {
  const peer = await start();
  closers.push(peer.stop);
  return peer.target;
}

/** A receiver that is nothing but this answer to a POST and this to a GET. */
async function receiver(
  post: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  get: (path: string) => string | null,
): Promise<Target> {
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.method !== "GET") return post(request, response, Buffer.concat(parts).toString());
    const text = get(request.url ?? "");
    response.writeHead(text === null ? 404 : 200).end(text ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: new URL("/hook", url),
    credentials: ["u:p"],
    secret: null,
    dgToken: "any",
    read: `${url}/{request_id}`,
    readHeaders: {},
  };
}

it.runIf(isFull)(
  "this Worker does all that Deepgram needs of a receiver",
  { timeout: 180_000 },
  async () => {
    const results = await run(await started(startOurs), QUICK);
    expect(results.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(results.length).toBeGreaterThan(30);
  },
);

it.runIf(isFull)("the receiver of the guides is seen to lose what it loses", async () => {
  const chosen = named("transcript", "put", "150-kB", "other-bytes", "secret", "error-err-code");
  const results = await run(await started(startExpress), chosen);
  expect(failed(results)).toEqual(["put", "150-kB", "secret", "other-bytes", "error-err-code"]);
});

it.runIf(isFull)("the Worker written in a hurry is seen to lose what it loses", async () => {
  const chosen = named("transcript", "no-dg-token", "every-channel", "wrong-password", "shapeless");
  const results = await run(await started(startHono), chosen);
  expect(failed(results)).toEqual(["no-dg-token", "every-channel", "wrong-password", "shapeless"]);
});

it("a receiver that takes everything and stores nothing fails", async () => {
  const target = await receiver(
    (_, response) => response.end(),
    () => null,
  );
  const results = await run(target, named("transcript", "kept-before-2xx", "no-credentials"));
  expect(failed(results)).toEqual(["kept-before-2xx", "no-credentials"]);
});

it("a receiver that answers first and stores afterwards fails", async () => {
  const kept = new Map<string, string>();
  const target = await receiver(
    (_, response, body) => {
      response.end();
      setTimeout(() => kept.set(JSON.parse(body).metadata.request_id, body), 50);
    },
    (path) => kept.get(path.slice(1)) ?? null,
  );
  const results = await run(target, named("kept-before-2xx", "every-channel"));
  expect(failed(results)).toEqual(["kept-before-2xx"]);
});

it("a transcript is asked for when the head of the answer is there, not its end", async () => {
  const kept = new Map<string, string>();
  const target = await receiver(
    (_, response, body) => {
      response.writeHead(200).flushHeaders();
      setTimeout(() => {
        kept.set(JSON.parse(body).metadata.request_id, body);
        response.end();
      }, 50);
    },
    (path) => kept.get(path.slice(1)) ?? null,
  );
  const results = await run(target, named("kept-before-2xx", "every-channel"));
  expect(failed(results)).toEqual(["kept-before-2xx"]);
});

it("every verdict names its source, its mark and its page", async () => {
  const target = await receiver(
    (_, response) => response.end(),
    () => null,
  );
  const results = await run(target, named("transcript", "kept-before-2xx", "no-redirect"));
  const [pass, fail, inferred] = results.map(line);
  expect(pass).toMatch(/^pass +transcript +The finished transcript .+\(documented: https:\S+\)$/);
  expect(fail).toMatch(/^FAIL +kept-before-2xx +.+\(documented: https:\S+\)\n +→ read at once .+$/);
  expect(inferred).toMatch(/^pass +no-redirect +.+ \(inferred\)$/);
});

it("what is documented has a page, and nothing else", () => {
  const wrong = SCENARIOS.filter(({ known, page }) => (known === "documented") !== (page !== ""));
  expect(wrong).toEqual([]);
});

it("what cannot be seen is not called a pass", async () => {
  const target = await receiver(
    (_, response) => response.end(),
    () => null,
  );
  const results = await run({ ...target, read: null }, named("kept-before-2xx", "secret"));
  expect(results.map(({ verdict }) => verdict)).toEqual(["unchecked", "unchecked"]);
  expect(passes(results)).toBe(false);
  expect(comparison([{ name: "x", results }])).toContain("not checked");
});
