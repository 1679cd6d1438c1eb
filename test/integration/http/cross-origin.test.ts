import { expect, it } from "vitest";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";

const ORIGIN = "https://app.example";
const ALLOWED = { CORS_ORIGINS: `${ORIGIN} https://other.example` };

const preflight = (origin: string, replaced: Partial<Env>) =>
  send(
    new Request(`https://edge.test/v1/transcripts/${crypto.randomUUID()}`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    }),
    replaced,
  );

const allowed = (response: Response) => response.headers.get("access-control-allow-origin");

it("a page of an allowed origin may ask, and read what it is answered", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const asked = await preflight(ORIGIN, ALLOWED);
  expect(asked.status).toBe(204);
  expect(allowed(asked)).toBe(ORIGIN);
  expect(asked.headers.get("access-control-allow-headers")?.toLowerCase()).toContain(
    "authorization",
  );
  const answer = await get(`/v1/transcripts/${id}`, { headers: { origin: ORIGIN }, env: ALLOWED });
  expect(answer.status).toBe(200);
  expect(allowed(answer)).toBe(ORIGIN);
  expect(answer.headers.get("access-control-expose-headers")).toContain("ETag");
  expect(answer.headers.get("vary")).toContain("Origin");
});

it("reads errors too", async () => {
  const path = `/v1/transcripts/${crypto.randomUUID()}`;
  const answer = await get(path, { headers: { origin: ORIGIN }, env: ALLOWED });
  expect([answer.status, allowed(answer)]).toEqual([404, ORIGIN]);
  const refused = await get(path, { headers: { origin: ORIGIN, authorization: "" }, env: ALLOWED });
  expect([refused.status, allowed(refused)]).toEqual([401, ORIGIN]);
});

it("another origin gets no CORS headers", async () => {
  expect(allowed(await preflight("https://evil.example", ALLOWED))).toBeNull();
  const path = `/v1/transcripts/${crypto.randomUUID()}`;
  const answer = await get(path, { headers: { origin: "https://evil.example" }, env: ALLOWED });
  expect(allowed(answer)).toBeNull();
});

it("is off without CORS_ORIGINS", async () => {
  const asked = await preflight(ORIGIN, {});
  expect(asked.status).toBe(405);
  const path = `/v1/transcripts/${crypto.randomUUID()}`;
  const answer = await get(path, { headers: { origin: ORIGIN } });
  expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
    [],
  );
});
