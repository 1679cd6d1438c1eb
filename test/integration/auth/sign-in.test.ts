import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isSameOrigin } from "../../../src/auth/session.ts";
import { createToken, listTokens, revokeTokens } from "../../../src/auth/tokens.ts";
import { readConfig } from "../../../src/config/config.ts";
import { sweep } from "../../../src/cron.ts";
import { hex, sha256 } from "../../../src/lib/digest.ts";
import { storedKeys } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { act, codeOf, SIGNING_KEYS, signIn, submitForm, visit } from "../pages/browse.ts";

afterEach(() => vi.useRealTimers());

const sessionKeys = async () => (await storedKeys()).filter((key) => key.startsWith("sessions/"));

const HOUR_MS = 3_600_000;

describe("the sign-in", () => {
  it("takes an API token and leads to the list, by a cookie that scripts do not see", async () => {
    const response = await submitForm("/sign-in", { token: "read-token" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/");
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toContain("; HttpOnly");
    expect(cookie).toContain("; SameSite=Lax");
    expect(cookie).toMatch(/; Max-Age=43200/);
    expect(cookie).not.toContain("read-token");
    const list = await visit("/", { cookie: cookie.split(";")[0] ?? "" });
    expect(list.status).toBe(200);
    expect(await list.text()).toContain("<bdi>reader</bdi>");
  });

  it("in production the cookie is for https and this host alone", async () => {
    const production = { ENVIRONMENT: "production", API_TOKENS: "a:read:a-real-token-of-16" };
    const response = await submitForm(
      "/sign-in",
      { token: "a-real-token-of-16" },
      { env: production },
    );
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-session=.*; Secure/);
  });

  it.each(["", "reader", "read-tokem", "deepgram:first-password"])(
    "refuses %j with 422 and without a cookie",
    async (token) => {
      const response = await submitForm("/sign-in", { token });
      expect(response.status).toBe(422);
      expect(response.headers.get("set-cookie")).toBeNull();
      expect(await response.text()).toMatch(/This token isn('|&#39;)t valid\. Copy all of it\./);
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
  ])("asked to redirect to %s it redirects to %s", async (next, location) => {
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

  it.each([
    ["another value", "operator:read+submit+admin:a-new-token"],
    ["fewer scopes", "operator:read:admin-token"],
    ["more scopes", "operator:read+submit+admin:admin-token", "operator:read:admin-token"],
    ["another name", "other:read+submit+admin:admin-token"],
  ])("ends when its token in API_TOKENS has %s", async (_, after, before?: string) => {
    const own = before === undefined ? {} : { API_TOKENS: before };
    const cookie = await signIn("admin-token", own);
    expect(await isIn(cookie, own)).toBe(true);
    expect(await isIn(cookie, { API_TOKENS: after })).toBe(false);
  });

  it("ends when a token made at run time has other scopes", async () => {
    const kept = { name: "ann", scopes: ["read" as const], created_at: new Date().toISOString() };
    const cookie = await signIn(await createToken(env.SETTINGS, kept));
    const [{ key } = { key: "" }] = await listTokens(env.SETTINGS);
    await env.SETTINGS.put(key, JSON.stringify({ ...kept, scopes: ["read", "admin"] }));
    expect(await isIn(cookie)).toBe(false);
  });

  it("holds while the signing key is rotated, and not without it", async () => {
    const cookie = await signIn();
    const next = "another-signing-key-of-the-tests-012345";
    expect(await isIn(cookie, { SIGNING_KEYS: `${next} ${SIGNING_KEYS}` })).toBe(true);
    expect(await isIn(cookie, { SIGNING_KEYS: next })).toBe(false);
  });

  it("does not hold when its cookie was changed, or signed for something else", async () => {
    const cookie = await signIn();
    const code = await codeOf(cookie);
    const [payload = "", mac = ""] = cookie.slice("session=".length).split(".");
    const id: string = JSON.parse(atob(payload));
    const changed = btoa(JSON.stringify(id.replace(/^./, id.startsWith("a") ? "b" : "a")));
    expect(await isIn(`session=${changed}.${mac}`)).toBe(false);
    expect(
      await isIn(`session=${payload}.${mac.slice(0, -1)}${mac.endsWith("A") ? "E" : "A"}`),
    ).toBe(false);
    expect(await isIn(`session=${code}`)).toBe(false);
    expect(await isIn("session=")).toBe(false);
  });

  it("is not looked up in R2 for a cookie that was not signed here", async () => {
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get: refuses("must not be asked") });
    const own = await signIn();
    expect((await visit("/", { cookie: own, env: { TRANSCRIPTS } })).status).toBe(503);
    const madeUp = `session=${btoa(JSON.stringify("a".repeat(64)))}.${"A".repeat(43)}`;
    expect((await visit("/", { cookie: madeUp, env: { TRANSCRIPTS } })).status).toBe(303);
  });

  it("needs the code to sign out, and then ends for every copy of its cookie", async () => {
    const cookie = await signIn();
    const copied = await signIn();
    expect((await submitForm("/sign-out", { code: "wrong" }, { cookie })).status).toBe(403);
    expect(await isIn(cookie)).toBe(true);
    const response = await act("/sign-out", {}, { cookie });
    expect(response.headers.get("location")).toBe("/sign-in?ended");
    expect(response.headers.get("set-cookie")).toMatch(/^session=; Max-Age=0/);
    expect(await isIn(cookie)).toBe(false);
    expect((await visit("/v1/transcripts", { cookie })).status).toBe(401);
    // Another session of the same token stays.
    expect(await isIn(copied)).toBe(true);
  });

  it("is kept signed in, with a 503, when R2 cannot end it", async () => {
    const cookie = await signIn();
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { delete: refuses("away") });
    const response = await act("/sign-out", {}, { cookie, env: { TRANSCRIPTS } });
    expect([response.status, response.headers.get("set-cookie")]).toEqual([503, null]);
    expect(response.headers.get("retry-after")).toBe("5");
  });

  it("is not begun for a token without the scope read", async () => {
    const own = { API_TOKENS: "robot:submit:robot-token" };
    const response = await submitForm("/sign-in", { token: "robot-token" }, { env: own });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("This token lacks the read scope.");
    expect(await sessionKeys()).toEqual([]);
  });

  it("takes no code of another session", async () => {
    const [cookie, other] = [await signIn(), await signIn("read-token")];
    const code = await codeOf(other);
    expect((await submitForm("/sign-out", { code }, { cookie })).status).toBe(403);
  });

  it("leaves nothing in R2 or in a page that would let anybody in", async () => {
    const cookie = await signIn();
    const id: string = JSON.parse(atob(cookie.slice("session=".length).split(".")[0] ?? ""));
    const [key = ""] = await sessionKeys();
    expect(key).toBe(`sessions/${hex(await sha256(id))}`);
    const everything = [
      key,
      await (await env.TRANSCRIPTS.get(key))?.text(),
      await (await visit("/", { cookie })).text(),
    ].join();
    for (const secret of [id, "admin-token", hex(await sha256("admin-token"))]) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(btoa(JSON.stringify(secret)).replace(/=+$/, ""));
    }
    expect(atob(cookie.slice("session=".length).split(".")[0] ?? "")).not.toContain(
      hex(await sha256("admin-token")),
    );
  });

  it("is two sessions for two sign-ins, and is removed by the sweeper after its end", async () => {
    await signIn();
    await signIn();
    expect(await sessionKeys()).toHaveLength(2);
    const hourly = () => sweep("17 * * * *", env, readConfig({}));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11 * HOUR_MS });
    await hourly();
    expect(await sessionKeys()).toHaveLength(2);
    vi.setSystemTime(Date.now() + 2 * HOUR_MS);
    await hourly();
    expect(await sessionKeys()).toEqual([]);
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
    for (const authorization of ["Bearer wrong", "Bearer", "Basic d3Jvbmc6d3Jvbmc="]) {
      const wrong = { cookie, headers: { authorization } };
      expect((await visit(`/v1/transcripts/${id}`, wrong)).status).toBe(401);
    }
  });
});
