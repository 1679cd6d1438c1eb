import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isSameOrigin } from "../../src/sessions/same-origin.ts";
import { createToken, revokeTokens } from "../../src/tokens/tokens.ts";
import { act, codeOf, SIGNING_KEYS, signIn, submitForm, visit } from "../pages/browse.ts";

afterEach(() => vi.useRealTimers());

const HOUR_MS = 3_600_000;

describe("the sign-in", () => {
  it("takes an API token and leads to the desk, by a cookie that scripts do not see", async () => {
    const response = await submitForm("/sign-in", { token: "read-token" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/");
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toContain("; HttpOnly");
    expect(cookie).toContain("; SameSite=Lax");
    expect(cookie).toMatch(/; Max-Age=43200/);
    expect(cookie).not.toContain("read-token");
    const desk = await visit("/", { cookie: cookie.split(";")[0] ?? "" });
    expect(desk.status).toBe(200);
    expect(await desk.text()).toContain("Signed in as <bdi>reader</bdi>");
  });

  it("in production the cookie is for https and this host alone", async () => {
    const production = { ENVIRONMENT: "production", API_TOKENS: "a:read:a-real-token" };
    const response = await submitForm("/sign-in", { token: "a-real-token" }, { env: production });
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-session=.*; Secure/);
  });

  it.each(["", "reader", "read-tokem", "deepgram:first-password"])(
    "refuses %j with 403 and without a cookie",
    async (token) => {
      const response = await submitForm("/sign-in", { token });
      expect(response.status).toBe(403);
      expect(response.headers.get("set-cookie")).toBeNull();
      expect(await response.text()).toContain("not a valid API token");
    },
  );

  it.each(["cross-site", "same-site", "none"])("is refused to a page that is %s", async (site) => {
    const headers = { "sec-fetch-site": site };
    const response = await submitForm("/sign-in", { token: "admin-token" }, { headers });
    expect(response.status).toBe(403);
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  it.each([
    ["https://edge.test", true],
    ["https://evil.test", false],
    ["null", false],
    [undefined, false],
  ])("a browser without Fetch Metadata is known by its origin: %s", (origin, own) => {
    const headers = origin === undefined ? {} : { origin };
    expect(isSameOrigin(new Request("https://edge.test/sign-in", { headers }))).toBe(own);
  });

  it.each([
    ["//evil.test", "/"],
    ["/\\evil.test", "/"],
    ["https://evil.test/", "/"],
    ["/.//evil.test", "/"],
    ["javascript:alert(1)", "/"],
    ["/v1/transcripts", "/"],
    ["/?state=overdue", "/?state=overdue"],
    [
      "/transcripts/51712a9a-9c10-4128-8e9d-6741cbff5c7f?lang=es",
      "/transcripts/51712a9a-9c10-4128-8e9d-6741cbff5c7f?lang=es",
    ],
  ])("asked to go on to %s it goes on to %s", async (next, location) => {
    const response = await submitForm("/sign-in", { token: "admin-token", next });
    expect(response.headers.get("location")).toBe(location);
  });

  it("is closed with 503 without SIGNING_KEYS and without API_TOKENS", async () => {
    for (const missing of [{ SIGNING_KEYS: "" }, { API_TOKENS: "" }]) {
      expect((await visit("/sign-in", { env: missing })).status).toBe(503);
      const sent = await submitForm("/sign-in", { token: "admin-token" }, { env: missing });
      expect(sent.status).toBe(503);
    }
  });
});

describe("a session", () => {
  const isIn = async (cookie: string, replaced: Partial<Env> = {}) =>
    (await visit("/", { cookie, env: replaced })).status === 200;

  it("sends those who are not signed in to the sign-in, and back", async () => {
    const path = "/transcripts/51712a9a-9c10-4128-8e9d-6741cbff5c7f?q=a";
    const response = await visit(path);
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(`/sign-in?next=${encodeURIComponent(path)}`);
  });

  it("ends after twelve hours", async () => {
    const cookie = await signIn();
    expect(await isIn(cookie)).toBe(true);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 12 * HOUR_MS - 60_000 });
    expect(await isIn(cookie)).toBe(true);
    vi.setSystemTime(Date.now() + 61_000);
    expect(await isIn(cookie)).toBe(false);
  });

  it("ends when its token is revoked, or taken out of API_TOKENS", async () => {
    const cookie = await signIn();
    expect(await isIn(cookie, { API_TOKENS: "other:read:other-token" })).toBe(false);
    const kept = { name: "ann", scopes: ["read" as const], created_at: new Date().toISOString() };
    const made = await signIn(await createToken(env.SETTINGS, kept));
    expect(await isIn(made)).toBe(true);
    await revokeTokens(env.SETTINGS, "ann");
    expect(await isIn(made)).toBe(false);
  });

  it("holds while the signing key is rotated, and not without it", async () => {
    const cookie = await signIn();
    const next = "another-signing-key-of-the-tests-012345";
    expect(await isIn(cookie, { SIGNING_KEYS: `${next} ${SIGNING_KEYS}` })).toBe(true);
    expect(await isIn(cookie, { SIGNING_KEYS: next })).toBe(false);
  });

  it("does not hold when it was changed, or signed for something else", async () => {
    const cookie = await signIn();
    const code = await codeOf(cookie);
    const [payload = "", mac = ""] = cookie.slice("session=".length).split(".");
    const value = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const later = btoa(JSON.stringify({ ...value, expires_at: value.expires_at + 1 }));
    const changed = later.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    expect(await isIn(`session=${changed}.${mac}`)).toBe(false);
    expect(
      await isIn(`session=${payload}.${mac.slice(0, -1)}${mac.endsWith("A") ? "E" : "A"}`),
    ).toBe(false);
    expect(await isIn(`session=${code}`)).toBe(false);
    expect(await isIn("session=")).toBe(false);
  });

  it("ends with the sign-out, which needs the code of the session", async () => {
    const cookie = await signIn();
    expect((await submitForm("/sign-out", { code: "wrong" }, { cookie })).status).toBe(403);
    const response = await act("/sign-out", {}, { cookie });
    expect(response.headers.get("location")).toBe("/sign-in");
    expect(response.headers.get("set-cookie")).toMatch(/^session=; Max-Age=0/);
  });

  it("reads the API as its token may, and does nothing there", async () => {
    const cookie = await signIn();
    const id = "51712a9a-9c10-4128-8e9d-6741cbff5c7f";
    expect((await visit("/v1/transcripts", { cookie })).status).toBe(200);
    expect((await visit("/v1/quarantine", { cookie: await signIn("read-token") })).status).toBe(
      403,
    );
    const sent = await submitForm("/v1/catalogue/rebuild", {}, { cookie });
    expect(sent.status).toBe(401);
    const wrong = { cookie, headers: { authorization: "Bearer wrong" } };
    expect((await visit(`/v1/transcripts/${id}`, wrong)).status).toBe(401);
  });
});
