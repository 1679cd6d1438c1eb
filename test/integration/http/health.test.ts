import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { SIGNING_KEYS } from "../../support/jobs.ts";

const OPEN = ["configured", "missing", "problems", "status"];

/** Of the form of a token that was made at run time. */
const MADE = `Bearer dgr_${"a".repeat(43)}`;

const health = (authorization: string, replaced: Partial<Env> = {}) =>
  get("/health", { headers: { authorization }, env: replaced });

const members = async (response: Response) => Object.keys(await response.json<object>()).sort();

it("GET /health is open, and shows a reader no more", async () => {
  const KV = { SETTINGS: faulty(env.SETTINGS, { get: refuses("away") }) };
  for (const authorization of ["", "Bearer read-token"]) {
    const response = await health(authorization, KV);
    expect([response.status, await members(response)]).toEqual([200, OPEN]);
  }
});

it.each([
  ["DEEPGRAM_API_KEY", { DEEPGRAM_API_KEY: "" }],
  ["PUBLIC_URL", { PUBLIC_URL: "" }],
  ["SIGNING_KEYS", { SIGNING_KEYS: "short" }],
])(
  "GET /health names %s when submissions lack it, and is well all the same",
  async (name, lack) => {
    const all = {
      DEEPGRAM_API_KEY: "a-deepgram-key",
      PUBLIC_URL: "https://edge.test",
      SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789",
    };
    const whole = await get("/health", { env: all });
    expect(await whole.json()).toMatchObject({ configured: { submissions: true }, missing: [] });
    const response = await get("/health", { env: { ...all, ...lack } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      configured: { submissions: false },
      missing: [name],
    });
  },
);

it("GET /health tells operators which version answers", async () => {
  expect(await (await asOperator("/health")).json()).toMatchObject({ version: env.VERSION.id });
});

it.each([
  [
    "a webhook of FOLLOW_UPS",
    { FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"acme-clinic"}]}' },
  ],
  ["an unknown member of FOLLOW_UPS", { FOLLOW_UPS: '{"acme-clinic":[]}' }],
  ["a webhook endpoint", { WEBHOOK_ENDPOINTS: '{"acme-clinic":{"url":"https://a.example"}}' }],
  [
    "a token",
    {
      ENVIRONMENT: "production",
      API_TOKENS: `acme-clinic:read:short x:read+admin:admin-token-0123`,
    },
  ],
])(
  "GET /health shows strangers and readers the name of a wrong setting, and not %s",
  async (_, own) => {
    const name = Object.keys(own).at(-1);
    for (const authorization of ["", "Bearer read-token"]) {
      const isReaders = authorization !== "" && "ENVIRONMENT" in own;
      const response = await health(isReaders ? "" : authorization, own);
      const text = await response.text();
      expect(text).not.toContain("acme-clinic");
      expect(JSON.parse(text)).toMatchObject({ problems: expect.arrayContaining([{ name }]) });
    }
    const token = "ENVIRONMENT" in own ? "admin-token-0123" : "admin-token";
    const shown = await (await health(`Bearer ${token}`, own)).text();
    expect(shown).toContain("acme-clinic");
  },
);

it.each(["Bearer wrong", MADE, "Basic dTpw"])(
  "GET /health does not take a token of nobody for no token: %s",
  async (authorization) => {
    const response = await health(authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm="transcripts"/);
  },
);

it("GET /health is 503 when it cannot be known whose token it is", async () => {
  const response = await health(MADE, {
    SETTINGS: faulty(env.SETTINGS, { get: refuses("away") }),
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([
    503,
    "application/problem+json",
  ]);
});

it("GET /health names missing settings to everyone, when nobody has a token", async () => {
  const response = await health("Bearer admin-token", { API_TOKENS: "", SIGNING_KEYS });
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("60");
  expect(await response.json()).toMatchObject({
    status: "misconfigured",
    problems: [{ name: "API_TOKENS" }],
  });
});

it("GET /health tells operators what waits in the queues, where the platform says so", async () => {
  const metrics = { backlogCount: 7, backlogBytes: 700 };
  const oldest = new Date(Date.now() - 90_000);
  const response = await get("/health", {
    headers: { authorization: "Bearer admin-token" },
    env: {
      FOLLOW_UP_QUEUE: faulty(env.FOLLOW_UP_QUEUE, {
        metrics: async () => ({ ...metrics, oldestMessageTimestamp: oldest }),
      }),
      DEAD_LETTER_QUEUE: faulty(env.DEAD_LETTER_QUEUE, { metrics: refuses("away") }),
    },
  });
  expect(response.status).toBe(200);
  const { storage } = await response.json<{ storage: { queues: object } }>();
  expect(storage.queues).toMatchObject({ follow_ups: { messages: 7 }, dead_letters: null });
  expect(storage.queues).toMatchObject({ follow_ups: { oldest_seconds: expect.closeTo(90, -1) } });
});

it("GET /health asks the queues of this platform", async () => {
  const response = await asOperator("/health");
  const { storage } = await response.json<{ storage: { queues: object } }>();
  expect(storage.queues).toMatchObject({ dead_letters: { messages: 0, oldest_seconds: null } });
});
