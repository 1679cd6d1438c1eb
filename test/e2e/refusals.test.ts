import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesOf, listenBody } from "../support/bodies.ts";
import { type RunningWorker, runWorker } from "./run-worker.ts";

const ID = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
const BODY = bytesOf(listenBody({ requestId: ID, words: 20, callbackSecret: "e2e-secret" }));

const persistTo = mkdtempSync(join(tmpdir(), "edge-receiver-"));
let worker: RunningWorker;

const deliver = (init: RequestInit = {}) =>
  fetch(`${worker.url}/hook`, {
    method: "POST",
    body: BODY,
    headers: { authorization: `Basic ${btoa("deepgram:e2e-password")}` },
    ...init,
  });

const read = () =>
  fetch(`${worker.url}/v1/transcripts/${ID}`, { headers: { authorization: "Token e2e-token" } });

/** Where a callback for a new job is to go. */
async function callbackHost(): Promise<string> {
  const response = await fetch(`${worker.url}/v1/expected`, {
    method: "POST",
    headers: { authorization: "Token e2e-token" },
    body: "{}",
  });
  const { callback_url } = (await response.json()) as { callback_url: string };
  return new URL(callback_url).host;
}

const start = async (vars: Record<string, string>) => {
  const API_TOKENS = "e2e:read+submit:e2e-token";
  worker = await runWorker({ persistTo, vars: { API_TOKENS, ...vars } });
};

afterAll(() => {
  rmSync(persistTo, { recursive: true, force: true });
});

describe("without configured credentials", () => {
  beforeAll(() => start({ CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "" }));
  afterAll(() => worker.stop());

  it("the callback is answered 503 and nothing is stored", async () => {
    const response = await deliver();
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect((await read()).status).toBe(404);
  });

  it("callback URLs lead to the port that was asked for", async () => {
    expect(await callbackHost()).toBe(new URL(worker.url).host);
  });

  it("/health names what is missing", async () => {
    const response = await fetch(`${worker.url}/health`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: "misconfigured",
      configured: { callbacks: false, api: true, submissions: false },
      missing: ["CALLBACK_CREDENTIALS", "DEEPGRAM_API_KEY"],
      problems: [{ name: "CALLBACK_CREDENTIALS" }],
    });
  });
});

describe("with Basic Auth alone and a small maximum", () => {
  beforeAll(() =>
    start({
      CALLBACK_CREDENTIALS: "deepgram:e2e-password",
      CALLBACK_SECRETS: "",
      MAX_CALLBACK_BYTES: "1000",
      PUBLIC_URL: "https://edge.example",
    }),
  );
  afterAll(() => worker.stop());

  it.each(["announced", "chunked"])("a larger body (%s) is 413 and not stored", async (how) => {
    const large = new Uint8Array(2_000_000);
    const chunked = { body: new Blob([large]).stream(), duplex: "half" } as RequestInit;
    const response = await deliver(how === "chunked" ? chunked : { body: large });
    expect(response.status).toBe(413);
    expect((await read()).status).toBe(404);
  });

  it("a wrong password is answered 401 while a large body is still coming", async () => {
    const headers = { authorization: `Basic ${btoa("deepgram:wrong")}` };
    for (let delivery = 0; delivery < 5; delivery++) {
      const response = await deliver({ body: new Uint8Array(20_000_000), headers });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ status: 401 });
    }
  });

  it("callback URLs lead to the PUBLIC_URL that was given", async () => {
    expect(await callbackHost()).toBe("edge.example");
  });

  it.each(["GET", "DELETE", "PATCH"])("%s is 405", async (method) => {
    const response = await deliver({ method, body: null });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST, PUT");
  });
});
