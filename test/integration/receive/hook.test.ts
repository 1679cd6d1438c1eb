import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ERROR_SPELLINGS, errorBody } from "../../support/bodies/errors.ts";
import {
  basic,
  deliver,
  SECRET,
  settledKeys,
  storedKeys,
  storedText,
  transcript,
} from "../../support/deliver.ts";
import { LANES } from "../../support/lanes.ts";

describe.each(LANES)("a verified callback ($name)", ({ deliver, grown }) => {
  it.each(["POST", "PUT"])("is stored byte for byte before %s is answered 200", async (method) => {
    const { id, body } = transcript();
    const response = await deliver(body, { method });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(await storedText(`callbacks/${id}`)).toBe(grown(body));
  });

  it("keeps every byte: unknown fields, white space, order and odd numbers", async () => {
    const id = crypto.randomUUID();
    const body = `{ "results" : {"new":[1.0, 1e2, -0]},\n"metadata":{"z":1,"request_id":"${id}"},"é":"\\u00e9"}\n`;
    await deliver(body);
    expect(await storedText(`callbacks/${id}`)).toBe(grown(body));
  });

  it("is stored once when the same bytes come ten times, at once or later", async () => {
    const { id, body } = transcript();
    const first = await Promise.all(Array.from({ length: 5 }, () => deliver(body)));
    const later = await Promise.all(Array.from({ length: 5 }, () => deliver(body)));
    expect([...first, ...later].map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
  });

  it("stays current when other bytes come under its id, which are kept beside it", async () => {
    const { id, body } = transcript({ seed: 1 });
    const other = transcript({ seed: 2, requestId: id }).body;
    await deliver(body);
    expect((await deliver(other)).status).toBe(200);
    expect((await deliver(other)).status).toBe(200);
    const [current, version, ...more] = await settledKeys().then((keys) => keys.sort().reverse());
    expect(current).toBe(`callbacks/${id}`);
    expect(await storedText(`callbacks/${id}`)).toBe(grown(body));
    expect(version).toMatch(new RegExp(`^beside/${id}/versions/[0-9a-f]{64}$`));
    expect(await storedText(version ?? "")).toBe(grown(other));
    expect(more).toEqual([]);
  });

  it("of concurrent different bodies keeps every one, and one is current", async () => {
    const id = crypto.randomUUID();
    const bodies = [1, 2, 3, 4].map((seed) => transcript({ seed, requestId: id }).body);
    const responses = await Promise.all(bodies.map((body) => deliver(body)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const keys = await settledKeys();
    expect(keys).toContain(`callbacks/${id}`);
    const texts = await Promise.all(keys.map((key) => storedText(key)));
    expect(texts.sort()).toEqual(bodies.map(grown).sort());
  });

  it("is found by an id in capitals under the same key", async () => {
    const { id, body } = transcript({ requestId: crypto.randomUUID().toUpperCase() });
    await deliver(body);
    expect(await settledKeys()).toEqual([`callbacks/${id.toLowerCase()}`]);
  });

  it.each(ERROR_SPELLINGS.filter((name) => name !== "text" && name !== "empty"))(
    "that tells of a failure (%s) is stored as failed with Deepgram's error",
    async (spelling) => {
      const id = crypto.randomUUID();
      const body = errorBody(spelling, id);
      expect((await deliver(body)).status).toBe(200);
      const object = await env.TRANSCRIPTS.head(`callbacks/${id}`);
      expect(object?.customMetadata?.state).toBe("failed");
      expect(JSON.parse(object?.customMetadata?.facts ?? "").error.message).toContain("audio");
      expect(await storedText(`callbacks/${id}`)).toBe(grown(body));
    },
  );

  it.each(["/hook/", "/hook//"])(
    "is taken at %s too: a slash more must not lose a transcript",
    async (path) => {
      const { id, body } = transcript();
      expect((await deliver(body, { path })).status).toBe(200);
      expect(await settledKeys()).toEqual([`callbacks/${id}`]);
    },
  );
});

describe.each(LANES)("credentials ($name)", ({ deliver }) => {
  it.each(["deepgram:first-password", "next:second:password"])(
    "let in the configured pair %s",
    async (pair) => {
      const { body } = transcript();
      expect((await deliver(body, { authorization: basic(pair) })).status).toBe(200);
    },
  );

  it.each(["first-secret", "second-secret"])("let in the callback_secret %s", async (secret) => {
    const { body } = transcript({ callbackSecret: secret });
    expect((await deliver(body, { authorization: null })).status).toBe(200);
  });

  it.each([
    ["no header", null],
    ["a wrong password", basic("deepgram:first-passwore")],
    ["a password that is longer", basic("deepgram:first-password1")],
    ["a password that is shorter", basic("deepgram:first-passwor")],
    ["another pair's password", basic("deepgram:second:password")],
    ["the user alone", basic("deepgram")],
    ["an empty pair", basic(":")],
    ["nothing after Basic", "Basic "],
    ["something before Basic", `x ${basic("deepgram:first-password")}`],
    ["no base64", "Basic !!!"],
    ["another scheme", "Bearer first-password"],
    ["an API token", "Bearer admin-token"],
  ])("refuse %s with 401 and store nothing", async (_, authorization) => {
    const { body } = transcript();
    const response = await deliver(body, {
      authorization,
      headers: { "dg-token": "11111111-2222-4333-8444-555555555555" },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await storedKeys()).toEqual([]);
  });

  it.each([
    ["wrong", { metadata: { extra: { callback_secret: "first-secreT" } } }],
    ["a prefix", { metadata: { extra: { callback_secret: "first" } } }],
    ["empty", { metadata: { extra: { callback_secret: "" } } }],
    ["not a text", { metadata: { extra: { callback_secret: ["first-secret"] } } }],
    ["in another place", { extra: { callback_secret: "first-secret" } }],
    ["in the transcript", { results: { callback_secret: "first-secret" } }],
  ])("refuse a callback_secret that is %s", async (_, part) => {
    const id = crypto.randomUUID();
    const metadata = { request_id: id, ...("metadata" in part && part.metadata) };
    const body = JSON.stringify({ results: {}, ...part, metadata });
    expect((await deliver(body, { authorization: null })).status).toBe(401);
    expect(await storedKeys()).toEqual([]);
  });

  it("in the body hold where the header is wrong", async () => {
    const { body } = transcript({ callbackSecret: SECRET });
    expect((await deliver(body, { authorization: basic("x:y") })).status).toBe(200);
  });

  it.each([
    { CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "" },
    { CALLBACK_CREDENTIALS: " \n", CALLBACK_SECRETS: "\t" },
    { CALLBACK_CREDENTIALS: "no-colon", CALLBACK_SECRETS: "" },
    {
      ENVIRONMENT: "production",
      CALLBACK_CREDENTIALS: "deepgram:local-callback-password",
      CALLBACK_SECRETS: "local-callback-secret",
    },
  ])("that are not configured (%j) close the route with 503 and store nothing", async (env) => {
    const { body } = transcript({ callbackSecret: "local-callback-secret" });
    const authorization = basic("deepgram:local-callback-password");
    const response = await deliver(body, { env, authorization });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await storedKeys()).toEqual([]);
  });
});

describe.each(LANES)("the callback_secret ($name)", ({ deliver, grown }) => {
  it("is masked in what is stored, at equal length, and in the facts", async () => {
    const { id, body } = transcript({ callbackSecret: SECRET, extra: { customer: "42" } });
    await deliver(body, { authorization: null });
    const object = await env.TRANSCRIPTS.head(`callbacks/${id}`);
    expect(await storedText(`callbacks/${id}`)).toBe(
      grown(body.replace(SECRET, "*".repeat(SECRET.length))),
    );
    expect(JSON.stringify(object?.customMetadata)).not.toContain(SECRET);
    expect(JSON.parse(object?.customMetadata?.facts ?? "").extra).toEqual({ customer: "42" });
  });

  it("is masked where Basic Auth was the credential, and in quarantine", async () => {
    await deliver(transcript({ callbackSecret: "some-other-secret" }).body);
    await deliver(`{"metadata":{"extra":{"callback_secret":"some-other-secret"}},"res`);
    const texts = await Promise.all((await settledKeys()).map((key) => storedText(key)));
    expect(texts).toHaveLength(2);
    for (const text of texts) expect(text).not.toContain("some-other-secret");
  });

  it("does not make a repeated delivery look like another body", async () => {
    const { id, body } = transcript({ callbackSecret: SECRET });
    await deliver(body, { authorization: null });
    await deliver(body, { authorization: null });
    expect(await settledKeys()).toEqual([`callbacks/${id}`]);
  });
});

describe.each(LANES)("what cannot be matched ($name)", ({ deliver, grown }) => {
  const UNMATCHED: [string, string][] = [
    ["an empty body", ""],
    ["plain text", errorBody("text", "")],
    ["JSON cut short", '{"metadata":{"request_id":"51712a9a-9c10-4128-8e9d-6741cbff5c7f"}'],
    ["no id", '{"results":{"channels":[]}}'],
    ["no object", '["51712a9a-9c10-4128-8e9d-6741cbff5c7f"]'],
    ["null", "null"],
    ["an id that is no UUID", '{"request_id":"uuid"}'],
    ["an id that is no text", '{"request_id":{"toString":1}}'],
    ["an id that climbs", '{"request_id":"../../51712a9a-9c10-4128-8e9d-6741cbff5c7f"}'],
    [
      "an id with encoded slashes",
      '{"request_id":"%2e%2e%2f51712a9a-9c10-4128-8e9d-6741cbff5c7f"}',
    ],
    ["an id and a line feed", '{"request_id":"51712a9a-9c10-4128-8e9d-6741cbff5c7f\\n"}'],
    ["an id and a NUL", '{"request_id":"51712a9a-9c10-4128-8e9d-6741cbff5c7f\\u0000"}'],
    ["a very long id", `{"request_id":"${"51712a9a-".repeat(1_000)}"}`],
  ];

  it.each(UNMATCHED)("(%s) is answered 422 and kept once in quarantine", async (_, body) => {
    expect((await deliver(body)).status).toBe(422);
    expect((await deliver(body)).status).toBe(422);
    const keys = await settledKeys();
    expect(keys).toEqual([expect.stringMatching(/^quarantine\/[0-9a-f]{64}$/)]);
    expect(await storedText(keys[0] ?? "")).toBe(grown(body));
  });

  it.each(UNMATCHED)("(%s) is not kept without credentials", async (_, body) => {
    expect((await deliver(body, { authorization: null })).status).toBe(401);
    expect(await storedKeys()).toEqual([]);
  });
});

describe("the size", () => {
  it("may be just the maximum", async () => {
    const { body } = transcript();
    const env = { MAX_CALLBACK_BYTES: String(body.length) };
    expect((await deliver(body, { env })).status).toBe(200);
  });

  it.each(["announced", "chunked"])("over the maximum (%s) is refused with 413", async (how) => {
    const { body } = transcript();
    const stream = new Blob([body]).stream();
    const response = await deliver(how === "announced" ? body : stream, {
      env: { MAX_CALLBACK_BYTES: String(body.length - 1) },
      ...(how === "announced" && { headers: { "content-length": String(body.length) } }),
    });
    expect(response.status).toBe(413);
    expect(await storedKeys()).toEqual([]);
  });

  it("over the maximum without credentials is refused too", async () => {
    const env = { MAX_CALLBACK_BYTES: "10" };
    const response = await deliver(transcript().body, { env, authorization: null });
    expect([401, 413]).toContain(response.status);
  });
});

it("a body that breaks off is not stored", async () => {
  const { body } = transcript();
  const broken = new ReadableStream({
    type: "bytes",
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body.slice(0, 100)));
      controller.error(new Error("connection reset"));
    },
  });
  expect((await deliver(broken)).status).toBe(400);
  expect(await storedKeys()).toEqual([]);
});

it.each(["GET", "HEAD", "DELETE", "PATCH", "OPTIONS"])("answers 405 to %s", async (method) => {
  const response = await deliver(null, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("POST, PUT");
});
