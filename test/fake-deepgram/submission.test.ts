import { expect, test } from "vitest";
import type { ListenBody } from "../support/bodies/listen-body.ts";
import { harness } from "./harness.ts";

test("a submission is answered with the request id before the callback is made", async () => {
  const { fake, submit } = await harness({ delayMs: 100 });
  const response = await submit();
  const body = await response.json();
  expect(response.status).toBe(200);
  expect(fake.jobs[0]).toMatchObject({ state: "waiting", attempts: [] });
  expect(body).toEqual({ request_id: fake.jobs[0]?.requestId });
  expect(response.headers.get("dg-request-id")).toBe(fake.jobs[0]?.requestId);
  expect(fake.jobs[0]?.requestId).toMatch(
    /^01[0-9a-f]{6}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
  );
});

test("without callback the whole answer comes at once", async () => {
  const { fake } = await harness();
  const headers = { authorization: "Bearer some-key", "content-type": "application/json" };
  const body = JSON.stringify({ url: "https://example.com/call.wav" });
  const response = await fetch(`${fake.url}/v1/listen?punctuate=true`, {
    method: "POST",
    headers,
    body,
  });
  const answer = (await response.json()) as ListenBody;
  expect(answer.metadata.request_id).toBe(fake.jobs[0]?.requestId);
  expect(answer.results.channels[0]?.alternatives[0]?.words[0]).toHaveProperty("punctuated_word");
});

test.each([
  ["ftp://127.0.0.1/hook", "scheme"],
  ["wss://example.com/hook", "scheme"],
  ["https://example.com:9000/hook", "port 9000"],
  ["https://under_score.example.com/hook", "Failed to resolve callback"],
  ["https://example.com/under_score", "Failed to resolve callback"],
  ["not a url", "Invalid callback URL"],
  ["https://user:%E0%A4%A@example.com/hook", "percent-encoded"],
])("the callback %s is refused: %s", async (callback, reason) => {
  const { fake, submit } = await harness();
  const response = await submit({ callback });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    err_code: "Bad Request",
    err_msg: expect.stringContaining(reason),
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(fake.jobs).toHaveLength(0);
});

test("other ports of this machine are refused only when the fake is strict", async () => {
  const strict = await harness({ anyLoopbackPort: false });
  expect((await strict.submit()).status).toBe(400);
  expect((await strict.submit({ callback: "http://127.0.0.1:8080/hook" })).status).toBe(200);
  const lenient = await harness();
  expect((await lenient.submit()).status).toBe(200);
});

test.each([
  [undefined, 401],
  ["Token", 401],
  ["Basic right-key", 401],
  ["Token wrong-key", 401],
  ["Token right-key", 200],
  ["Bearer right-key", 200],
])("authorization %s is answered %d", async (authorization, status) => {
  const { fake, receiver } = await harness({ key: "right-key" });
  const url = `${fake.url}/v1/listen?callback=${receiver.url}`;
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(url, { method: "POST", headers, body: "audio" });
  expect(response.status).toBe(status);
  if (status === 401) expect(await response.json()).toMatchObject({ err_code: "INVALID_AUTH" });
});

test("a submission without audio, an unknown behaviour or a third method is refused", async () => {
  const { fake, submit } = await harness();
  const headers = { authorization: "Token any" };
  const empty = await fetch(`${fake.url}/v1/listen`, { method: "POST", headers });
  expect(empty.status).toBe(400);
  expect((await submit({ fake: "juggle" })).status).toBe(400);
  expect((await submit({ callback_method: "patch" })).status).toBe(400);
});

test.each(["object", "string"] as const)(
  "the request can be looked up, callback as %s",
  async (callbackShape) => {
    const { fake, submitted } = await harness({ callbackShape });
    const id = await submitted();
    await fake.waitFor(({ state }) => state === "delivered");
    const headers = { authorization: "Token any" };
    const found = await fetch(`${fake.url}/v1/projects/p1/requests/${id}`, { headers });
    const { request } = (await found.json()) as { request: Record<string, unknown> };
    expect(request).toMatchObject({ request_id: id, project_uuid: "p1", response: { code: 200 } });
    if (callbackShape === "string") expect(request.callback).toEqual(expect.any(String));
    else expect(request.callback).toMatchObject({ attempts: 1, code: 200 });
    const missing = await fetch(`${fake.url}/v1/projects/p1/requests/nothing`, { headers });
    expect(missing.status).toBe(404);
  },
);
