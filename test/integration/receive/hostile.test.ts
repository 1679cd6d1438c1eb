import { describe, expect, inject, it } from "vitest";
import { deliver as deliverBytes, storedKeys } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";
import { LANES } from "../../support/lanes.ts";

const ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f";
const META = `"metadata":{"request_id":"${ID}"}`;

/** Very many of a thing. In the quick form enough to be streamed, and beyond what is read of facts. */
const MANY = inject("isQuick") ? 25_000 : 100_000;

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const names = (count: number) => Array.from({ length: count }, (_, at) => `"${at}":0`).join();

const STORED: [string, string][] = [
  ["nesting 100,000 deep", `{${META},"results":{"x":${nested(100_000)}}}`],
  [
    "extra nesting 30,000 deep",
    `{"metadata":{"request_id":"${ID}","extra":{"x":${nested(30_000)}}},"results":{}}`,
  ],
  ["one long string", `{${META},"results":{"x":"${"x".repeat(3_000_000)}"}}`],
  ["very many names", `{${META},"results":{${names(MANY)}}}`],
  ["very many facts", `{"metadata":{"request_id":"${ID}",${names(MANY)}},"results":{}}`],
  ["very many channels", `{${META},"results":{"channels":[${"{},".repeat(MANY)}{}]}}`],
  ["a repeated name", `{"metadata":{"request_id":"x"},${META},"results":1,"results":{}}`],
  ["lone surrogates", `{${META},"results":{"x":"\\ud800"},"\\udfff":1}`],
  ["__proto__", `{"__proto__":{"results":1},${META},"results":{"__proto__":{"channels":1}}}`],
  [
    "numbers out of range",
    `{"metadata":{"request_id":"${ID}","duration":1e999},"results":{"x":-1e-999}}`,
  ],
  ["a byte order mark", `\ufeff{${META},"results":{}}`],
];

const KEPT_ASIDE: [string, string][] = [
  ["nesting that is not closed", "[".repeat(100_000)],
  ["a string that is not closed", `{${META},"results":{"x":"${"x".repeat(1_000_000)}`],
  [
    "the id after more facts than are read",
    `{"metadata":{${names(4 * MANY)},"request_id":"${ID}"}}`,
  ],
  ["a repeated name, the last without id", `{${META},"metadata":{},"results":{}}`],
];

describe.each(LANES)("a hostile body ($name)", ({ deliver }) => {
  it.each(STORED)("with %s is stored and can be read", { timeout: 20_000 }, async (_, body) => {
    expect((await deliver(body)).status).toBe(200);
    const status = await (await get(`/v1/transcripts/${ID}/status`)).json();
    expect(status).toMatchObject({ state: "received" });
    for (const suffix of [".vtt", ".txt", "/search?q=x"]) {
      const response = await get(`/v1/transcripts/${ID}${suffix}`);
      await response.text();
      expect([200, 422]).toContain(response.status);
    }
  });

  it.each(KEPT_ASIDE)("with %s is kept in quarantine", { timeout: 20_000 }, async (_, body) => {
    expect((await deliver(body)).status).toBe(422);
    const keys = await storedKeys();
    expect(keys.filter((key) => key.startsWith("quarantine/"))).toHaveLength(1);
  });
});

it("bytes that are not UTF-8 are kept as they came", async () => {
  const text = new TextEncoder().encode(`{${META},"results":{"x":"?"}}`);
  const body = text.map((byte) => (byte === 0x3f ? 0xff : byte));

  expect((await deliverBytes(body)).status).toBe(200);
  const bytes = new Uint8Array(await (await get(`/v1/transcripts/${ID}`)).arrayBuffer());
  expect(bytes).toEqual(body);
});
