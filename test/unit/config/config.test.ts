import { describe, expect, it } from "vitest";
import example from "../../../.dev.vars.example?raw";
import { readConfig } from "../../../src/config/config.ts";

const WEBHOOK_SECRET = `whsec_${btoa("a key that signs")}`;

const LOCAL = {
  ENVIRONMENT: "local",
  PUBLIC_URL: "http://127.0.0.1:8787",
  CALLBACK_CREDENTIALS: "deepgram:password",
  SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789",
  API_TOKENS: "reader:read:token",
};

const EXAMPLE = Object.fromEntries(
  [...example.matchAll(/^([A-Z_]+)="(.*)"$/gm)].map(([, name, value]) => [name, value]),
);

const problemsOf = (env: Partial<Env>) => readConfig({ ...LOCAL, ...env }).problems;

describe("readConfig", () => {
  it("finds nothing wrong with .dev.vars.example locally", () => {
    const config = readConfig({ ...EXAMPLE, ENVIRONMENT: "local", PUBLIC_URL: LOCAL.PUBLIC_URL });
    expect(config.problems).toEqual([]);
    expect(config.callbackCredentials).toEqual(["deepgram:local-callback-password"]);
    expect(config.apiTokens.map(({ name }) => name)).toEqual(["reader", "submitter", "operator"]);
  });

  it.each(["production", "staging", "Local", "", undefined])(
    "refuses every secret of .dev.vars.example where ENVIRONMENT is %s",
    (ENVIRONMENT) => {
      const config = readConfig({ ...EXAMPLE, ...(ENVIRONMENT !== undefined && { ENVIRONMENT }) });
      expect(config.callbackCredentials).toEqual([]);
      expect(config.callbackSecrets).toEqual([]);
      expect(config.apiTokens).toEqual([]);
      expect(config.problems.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["CALLBACK_CREDENTIALS", "CALLBACK_SECRETS", "API_TOKENS"]),
      );
    },
  );

  it("separates entries by any white space", () => {
    const config = readConfig({ ...LOCAL, CALLBACK_CREDENTIALS: " a:b\n\tc:d:e " });
    expect(config.callbackCredentials).toEqual(["a:b", "c:d:e"]);
  });

  it.each(["nocolon", ":password", "user:"])(
    "leaves out the pair %j and keeps the others",
    (pair) => {
      const config = readConfig({ ...LOCAL, CALLBACK_CREDENTIALS: `${pair} a:b` });
      expect(config.callbackCredentials).toEqual(["a:b"]);
      expect(config.problems).toMatchObject([{ name: "CALLBACK_CREDENTIALS" }]);
    },
  );

  it.each([
    "name",
    "name:read",
    "name:write:token",
    "name:read+write:token",
    "name::token",
    ":read:token",
    "name:read:",
  ])("leaves out the token entry %j", (entry) => {
    const config = readConfig({ ...LOCAL, API_TOKENS: `${entry} b:read+admin:t:o` });
    expect(config.apiTokens).toEqual([{ name: "b", scopes: ["read", "admin"], token: "t:o" }]);
    expect(config.problems).toMatchObject([{ name: "API_TOKENS" }]);
  });

  it.each(["production", "staging", undefined])(
    "refuses an API token of fewer than 16 characters where ENVIRONMENT is %s",
    (ENVIRONMENT) => {
      const API_TOKENS = `weak:read:${"t".repeat(15)} strong:read:${"t".repeat(16)}`;
      const config = readConfig({ ...(ENVIRONMENT && { ENVIRONMENT }), API_TOKENS });
      expect(config.apiTokens.map(({ name }) => name)).toEqual(["strong"]);
      expect(config.problems).toContainEqual({
        name: "API_TOKENS",
        problem: "the token of weak has fewer than 16 characters",
      });
    },
  );

  it("takes a short API token, password and callback secret locally", () => {
    const short = { API_TOKENS: "a:read:t", CALLBACK_CREDENTIALS: "a:b", CALLBACK_SECRETS: "c" };
    expect(problemsOf(short)).toEqual([]);
  });

  it("names a callback password or secret of fewer than 16 characters, and accepts it", () => {
    const PUBLIC_URL = "https://edge.example";
    const API_TOKENS = `strong:read:${"t".repeat(16)}`;
    const own = { ENVIRONMENT: "production", PUBLIC_URL, API_TOKENS };
    const weak = { CALLBACK_CREDENTIALS: `a:${"p".repeat(15)}`, CALLBACK_SECRETS: "s".repeat(15) };
    const config = readConfig({ ...LOCAL, ...own, ...weak });
    expect(config.problems.map(({ name }) => name)).toEqual([
      "CALLBACK_CREDENTIALS",
      "CALLBACK_SECRETS",
    ]);
    expect([config.callbackCredentials.length, config.callbackSecrets.length]).toEqual([1, 1]);
    const strong = {
      CALLBACK_CREDENTIALS: `a:${"p".repeat(16)}`,
      CALLBACK_SECRETS: "s".repeat(16),
    };
    expect(readConfig({ ...LOCAL, ...own, ...strong }).problems).toEqual([]);
  });

  it("leaves out a signing key of fewer than 32 characters and keeps the others", () => {
    const config = readConfig({ ...LOCAL, SIGNING_KEYS: `${"k".repeat(31)} ${"k".repeat(32)}` });
    expect(config.signingKeys).toEqual(["k".repeat(32)]);
    expect(config.problems).toMatchObject([{ name: "SIGNING_KEYS" }]);
  });

  it("says what is missing", () => {
    const names = readConfig({ ENVIRONMENT: "local" }).problems.map(({ name }) => name);
    expect(names).toEqual(["PUBLIC_URL", "CALLBACK_CREDENTIALS", "SIGNING_KEYS", "API_TOKENS"]);
  });

  it.each(["0", "-1", "1e9", "many", " "])(
    "uses the standard for MAX_CALLBACK_BYTES %j",
    (value) => {
      const config = readConfig({ ...LOCAL, MAX_CALLBACK_BYTES: value });
      expect(config.maxCallbackBytes).toBe(104_857_600);
      expect(config.problems).toMatchObject([{ name: "MAX_CALLBACK_BYTES" }]);
    },
  );

  it("reads the retention of tags", () => {
    const config = readConfig({
      ...LOCAL,
      RETENTION_DAYS: "7",
      RETENTION: '{"legal":3650,"tmp":1}',
    });
    expect(config.retention.days).toBe(7);
    expect([...config.retention.byTag]).toEqual([
      ["legal", 3_650],
      ["tmp", 1],
    ]);
    expect(config.problems).toEqual([]);
  });

  it.each([
    "nonsense",
    "[]",
    '"a"',
    JSON.stringify(
      Object.fromEntries(
        Array(51)
          .keys()
          .map((n) => [n, 1]),
      ),
    ),
  ])("deletes nothing, and says so, when RETENTION is %j", (value) => {
    const config = readConfig({ ...LOCAL, RETENTION_DAYS: "7", RETENTION: value });
    expect(config.retention).toEqual({ days: null, byTag: new Map() });
    expect(config.problems).toMatchObject([{ name: "RETENTION" }]);
  });

  it.each([0, -1, 1.5, "30"])("keeps a tag for good, and says so, when its days are %j", (days) => {
    const config = readConfig({ ...LOCAL, RETENTION: JSON.stringify({ legal: days, tmp: 1 }) });
    expect([...config.retention.byTag]).toEqual([
      ["legal", Number.POSITIVE_INFINITY],
      ["tmp", 1],
    ]);
    expect(config.problems).toMatchObject([{ name: "RETENTION" }]);
  });

  it.each(["0", "-1", "1.5", "soon"])(
    "keeps for good, and says so, when RETENTION_DAYS is %j",
    (value) => {
      const config = readConfig({ ...LOCAL, RETENTION_DAYS: value });
      expect(config.retention.days).toBeNull();
      expect(config.problems).toMatchObject([{ name: "RETENTION_DAYS" }]);
    },
  );

  it.each([
    ["https://a.example http://localhost:5173", ["https://a.example", "http://localhost:5173"], 0],
    ["https://a.example/ https://b.example", ["https://b.example"], 1],
    ["*", [], 1],
    ["null", [], 1],
    ["", [], 0],
  ])("reads CORS_ORIGINS %j", (value, origins, problems) => {
    const config = readConfig({ ...LOCAL, CORS_ORIGINS: value });
    expect(config.corsOrigins).toEqual(origins);
    expect(config.problems).toHaveLength(problems);
  });

  it("takes several secrets for a webhook endpoint", () => {
    const endpoints = {
      crm: { url: "http://127.0.0.1/a", secret: [WEBHOOK_SECRET, WEBHOOK_SECRET] },
    };
    const config = readConfig({ ...LOCAL, WEBHOOK_ENDPOINTS: JSON.stringify(endpoints) });
    expect(config.webhookEndpoints.get("crm")?.secrets).toHaveLength(2);
    expect(config.problems).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a name that is a path", JSON.stringify({ "../a": endpoint({}) })],
    ["no url", JSON.stringify({ a: { secret: WEBHOOK_SECRET } })],
    ["a file url", JSON.stringify({ a: endpoint({ url: "file:///etc/passwd" }) })],
    ["a secret without whsec_", JSON.stringify({ a: endpoint({ secret: "c2VjcmV0" }) })],
    ["a secret that is no base64", JSON.stringify({ a: endpoint({ secret: "whsec_§§" }) })],
    ["no secret in the list", JSON.stringify({ a: endpoint({ secret: [] }) })],
  ])("leaves out webhook endpoints with %s, without showing the secret", (_, value) => {
    const config = readConfig({ ...LOCAL, WEBHOOK_ENDPOINTS: value });
    expect(config.webhookEndpoints.size).toBe(0);
    expect(config.problems).toMatchObject([{ name: "WEBHOOK_ENDPOINTS" }]);
    expect(JSON.stringify(config.problems)).not.toMatch(/c2VjcmV0|§§/);
  });

  it("takes plain http endpoints locally only", () => {
    const WEBHOOK_ENDPOINTS = JSON.stringify({ a: endpoint({ url: "http://example.com" }) });
    expect(readConfig({ ...LOCAL, WEBHOOK_ENDPOINTS }).webhookEndpoints.size).toBe(1);
    const deployed = readConfig({ ...LOCAL, WEBHOOK_ENDPOINTS, ENVIRONMENT: "production" });
    expect(deployed.webhookEndpoints.size).toBe(0);
  });

  it.each([
    ["no JSON", "{", /not JSON/],
    ["what it does not know", '{"transcribe":["es"]}', /transcribe is not known/],
    ["no language", '{"translate":["spanish"]}', /translate\[0\]/],
    [
      "e-mail without a sender",
      '{"notify":[{"channel":"email","to":"a@example.com"}]}',
      /EMAIL_FROM/,
    ],
    [
      "SMS without Twilio",
      '{"notify":[{"channel":"sms","to":"+15551234567"}]}',
      /TWILIO_ACCOUNT_SID/,
    ],
    ["another channel", '{"notify":[{"channel":"fax","to":"a"}]}', /notify\[0\]/],
    ["an unknown endpoint", '{"notify":[{"channel":"webhook","to":"crm"}]}', /crm is not in/],
  ])("reports FOLLOW_UPS with %s", (_, FOLLOW_UPS, problem) => {
    expect(problemsOf({ FOLLOW_UPS })).toEqual([
      { name: "FOLLOW_UPS", problem: expect.stringMatching(problem) },
    ]);
  });
});

function endpoint(replaced: Record<string, unknown>) {
  return { url: "https://example.com/hook", secret: WEBHOOK_SECRET, ...replaced };
}
