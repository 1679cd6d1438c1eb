import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { faulty, refuses } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";

const PATH = `/v1/transcripts/${crypto.randomUUID()}`;
/** As test/vitest.config.ts has it. */
const LIMIT = 20;

/** The limiter counts in fixed windows: one that ends while it is being filled is filled again. */
async function readOverTheLimit(windows = 3): Promise<Response> {
  for (let used = 0; used < LIMIT; used++) await env.API_RATE_LIMIT.limit({ key: "reader" });
  const response = await get(PATH, { env: { API_RATE_LIMIT: env.API_RATE_LIMIT } });
  return response.status === 429 || windows === 1 ? response : readOverTheLimit(windows - 1);
}

it("a token's requests are limited by the platform's limiter, each token's by themselves", async () => {
  const response = await readOverTheLimit();
  expect(response.status).toBe(429);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const { API_RATE_LIMIT } = env;
  const headers = { authorization: OPERATOR };
  expect((await get(PATH, { headers, env: { API_RATE_LIMIT } })).status).toBe(404);
});

it("a limiter that is away limits nobody", async () => {
  const API_RATE_LIMIT = faulty(env.API_RATE_LIMIT, { limit: refuses("away") });
  expect((await get(PATH, { env: { API_RATE_LIMIT } })).status).toBe(404);
});
