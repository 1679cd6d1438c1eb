import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesOf, listenBody } from "../support/bodies.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const ID = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
const BODY = bytesOf(listenBody({ requestId: ID, words: 20 }));

const persistTo = mkdtempSync(join(tmpdir(), "edge-receiver-"));
let worker: RunningWorker;

const deliver = (init: RequestInit) =>
  fetch(`${worker.url}/hook`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("deepgram:e2e-password")}` },
    ...init,
  });

const read = () =>
  fetch(`${worker.url}/v1/transcripts/${ID}`, { headers: { authorization: "Token e2e-token" } });

beforeAll(async () => {
  worker = await runWorker({
    persistTo,
    vars: {
      API_TOKENS: "e2e:read+submit:e2e-token",
      CALLBACK_CREDENTIALS: "deepgram:e2e-password",
      CALLBACK_SECRETS: "",
      MAX_CALLBACK_BYTES: "1000",
    },
  });
});

afterAll(async () => {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
});

it("callback URLs lead to the port that was asked for", async () => {
  const response = await fetch(`${worker.url}/v1/expected`, {
    method: "POST",
    headers: { authorization: "Token e2e-token" },
    body: "{}",
  });
  const { callback_url } = (await response.json()) as { callback_url: string };
  expect(new URL(callback_url).host).toBe(new URL(worker.url).host);
});

it.each(["announced", "chunked"])("a larger body (%s) is 413 and not stored", async (how) => {
  const large = Buffer.concat([BODY, Buffer.alloc(2_000_000, " ")]);
  const chunked = { body: new Blob([large]).stream(), duplex: "half" } as RequestInit;
  const response = await deliver(how === "chunked" ? chunked : { body: large });
  expect(response.status).toBe(413);
  expect((await read()).status).toBe(404);
});

it("a wrong password is answered 401 while a large body is still coming", async () => {
  const headers = { authorization: `Basic ${btoa("deepgram:wrong")}` };
  for (const megabytes of [20, 20, 20, 40]) {
    const response = await deliver({ body: new Uint8Array(megabytes * 1_000_000), headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ status: 401 });
  }
});
