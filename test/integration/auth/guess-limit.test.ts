import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addressBlock } from "../../../src/auth/require-scope.ts";
import { createToken } from "../../../src/auth/tokens.ts";
import { deliver } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { submitForm } from "../pages/browse.ts";

// The limiter counts in windows aligned to the clock: a minute that stands still never ends.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now() }));
afterEach(() => void vi.useRealTimers());

const LIMIT = 30;
const PATH = `/v1/transcripts/${crypto.randomUUID()}`;
const MADE = `dgr_${"a".repeat(43)}`;

const from = (address: string, authorization = "Bearer guess", replaced: Partial<Env> = {}) =>
  get(PATH, { headers: { "cf-connecting-ip": address, authorization }, env: replaced });

/** Uses up what an address may guess in a minute; a minute that ends meanwhile is used up again. */
async function exhaust(block: string): Promise<void> {
  for (let used = 0; used < LIMIT; used++) await env.GUESS_RATE_LIMIT.limit({ key: block });
  if ((await env.GUESS_RATE_LIMIT.limit({ key: block })).success) await exhaust(block);
}

describe("guesses of API tokens", () => {
  it("are answered 401 thirty times a minute, then 429 with Retry-After and a code", async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess <= LIMIT; guess++) {
      statuses.push((await from("192.0.2.1", guess % 2 ? "Token guess" : "Bearer guess")).status);
    }
    // A minute may end in between.
    if (statuses.at(-1) === 429) expect(statuses.slice(0, -1)).toEqual(Array(LIMIT).fill(401));
    await exhaust("192.0.2.1");
    const response = await from("192.0.2.1");
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("60");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "too_many_invalid_tokens" });
    expect((await from("192.0.2.2")).status).toBe(401);
  });

  it("are limited on every route that takes a token, and by the sign-in", async () => {
    await exhaust("192.0.2.1");
    const headers = { "cf-connecting-ip": "192.0.2.1" };
    const guessing = { headers: { ...headers, authorization: `Bearer ${MADE}` } };
    expect((await from("192.0.2.1", "Token guess")).status).toBe(429);
    expect((await get("/health", guessing)).status).toBe(429);
    expect((await get("/v1/listen", { ...guessing, method: "POST" })).status).toBe(429);
    const page = await submitForm("/sign-in", { token: "guess" }, { headers });
    expect([page.status, page.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(page.headers.get("set-cookie")).toBeNull();
    expect((await submitForm("/sign-in", { token: "read-token" }, { headers })).status).toBe(303);
  });

  it("of one IPv6 network count together", async () => {
    await exhaust("2001:db8:0:1::/64");
    expect((await from("2001:db8:0:1::99")).status).toBe(429);
    expect((await from("2001:db8:0:1:ffff:ffff:ffff:ffff")).status).toBe(429);
    expect((await from("2001:db8:0:2::99")).status).toBe(401);
  });

  it("refuse no valid token of the same address, configured or made at run time", async () => {
    const kept = { name: "ann", scopes: ["read" as const], created_at: new Date().toISOString() };
    const made = await createToken(env.SETTINGS, kept);
    await exhaust("192.0.2.1");
    expect((await from("192.0.2.1", "Bearer read-token")).status).toBe(404);
    expect((await from("192.0.2.1", `Bearer ${made}`)).status).toBe(404);
    expect((await from("192.0.2.1", "Bearer guess")).status).toBe(429);
  });

  it("are what is counted, not valid tokens or requests without one", async () => {
    const kept = { name: "ann", scopes: ["read" as const], created_at: new Date().toISOString() };
    const made = await createToken(env.SETTINGS, kept);
    const GUESS_RATE_LIMIT = faulty(env.GUESS_RATE_LIMIT, {
      limit: () => Promise.resolve({ success: false }),
    });
    for (const token of ["read-token", made]) {
      const response = await from("192.0.2.1", `Bearer ${token}`, { GUESS_RATE_LIMIT });
      expect(response.status).toBe(404);
    }
    expect((await from("192.0.2.1", "", { GUESS_RATE_LIMIT })).status).toBe(401);
    expect((await from("192.0.2.1", "Bearer guess", { GUESS_RATE_LIMIT })).status).toBe(429);
  });

  it("are not limited by a limiter that does not answer, nor on the callback", async () => {
    const GUESS_RATE_LIMIT = faulty(env.GUESS_RATE_LIMIT, { limit: refuses("away") });
    expect((await from("192.0.2.1", "Bearer guess", { GUESS_RATE_LIMIT })).status).toBe(401);
    await exhaust("192.0.2.1");
    const headers = { "cf-connecting-ip": "192.0.2.1" };
    for (const authorization of ["Basic d3Jvbmc6d3Jvbmc=", "Bearer guess"]) {
      expect((await deliver("{}", { authorization, headers })).status).toBe(401);
    }
  });
});

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:0DB8:0:1:2:3:4:5", "2001:db8:0:1::/64"],
  ["2001:db8:1:2::", "2001:db8:1:2::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["", ""],
])("the addresses of the client at %j are %j", (address, block) => {
  expect(addressBlock(address)).toBe(block);
});
