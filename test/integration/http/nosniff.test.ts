import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { BASIC, deliver, send, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { act, signIn, visit } from "../pages/browse.ts";

/** The type that a browser must not guess. */
const protectionOf = ({ headers }: Response) => headers.get("x-content-type-options");

it("every answer forbids browsers to guess its type", async () => {
  const { id, body } = transcript();
  const path = `/v1/transcripts/${id}`;
  const before = await get(path);
  const received = await deliver(body);
  const cookie = await signIn();
  const page = await visit(`/transcripts/${id}`, { cookie });
  const css = /href="(\/assets\/[^"]+)"/.exec(await page.clone().text())?.[1] ?? "";
  const raw = await get(path);
  const etag = raw.headers.get("etag") ?? "";
  const away = {
    TRANSCRIPTS: faulty(env.TRANSCRIPTS, { head: refuses("away"), get: refuses("away") }),
  };
  const answers: [number, Response | Promise<Response>][] = [
    [404, before],
    [200, received],
    [200, raw],
    [200, page],
    [200, get(css)],
    [304, get(css, { headers: { "if-none-match": `"${/page-(\w+)/.exec(css)?.[1]}"` } })],
    [304, get(path, { headers: { "if-none-match": etag } })],
    [206, get(path, { headers: { range: "bytes=0-9" } })],
    [200, get(path, { method: "HEAD" })],
    [200, get(`${path}.vtt`)],
    [200, get(`${path}.html`)],
    [200, get(`${path}/events`)],
    [401, get(path, { headers: { authorization: "Bearer wrong" } })],
    [503, get(path, { env: away })],
    [404, get("/nowhere")],
    [405, get("/hook", { method: "DELETE" })],
    [401, deliver(body, { authorization: null })],
    [422, deliver("{}")],
    [503, get("/health", { env: { API_TOKENS: "" } })],
    [200, get("/openapi.json")],
    [200, get("/docs")],
    [200, visit("/sign-in")],
    [303, visit("/")],
    [303, act("/sign-out", {}, { cookie })],
    [
      204,
      get(path, {
        method: "OPTIONS",
        headers: { origin: "https://a.example" },
        env: { CORS_ORIGINS: "https://a.example" },
      }),
    ],
    [204, asOperator(path, "DELETE")],
  ];
  for (const [status, answer] of answers) {
    const response = await answer;
    expect([status, response.status, protectionOf(response)]).toEqual([status, status, "nosniff"]);
    await response.body?.cancel();
  }
});

it("a WebSocket is opened all the same", async () => {
  const headers = { upgrade: "websocket", authorization: BASIC };
  const response = await send(new Request("https://edge.test/hook", { headers }));
  expect([response.status, protectionOf(response)]).toEqual([101, "nosniff"]);
  response.webSocket?.accept();
  response.webSocket?.close(1000);
});
