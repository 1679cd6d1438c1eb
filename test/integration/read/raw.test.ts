import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/lib/digest.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { faulty } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";

async function stored(options?: Parameters<typeof transcript>[0]) {
  const { id, body } = transcript(options);
  await deliver(body);
  return { id, body, path: `/v1/transcripts/${id}` };
}

describe("GET /v1/transcripts/{request_id}", () => {
  it.each(["", ".json"])("gives the callback byte for byte (%j)", async (suffix) => {
    const { body, path } = await stored({ language: "ja" });
    const response = await get(path + suffix);
    const bytes = new TextEncoder().encode(body);
    const digest = new Uint8Array(await sha256(bytes));
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/json",
      "content-length": String(bytes.length),
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache, no-transform",
      etag: `"${digest.toHex()}"`,
      "repr-digest": `sha-256=:${digest.toBase64()}:`,
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  it("costs one R2 operation", async () => {
    const { path } = await stored();
    const calls: string[] = [];
    const counted = (name: "get" | "head") => (key: string, options?: R2GetOptions) => {
      calls.push(name);
      return name === "get" ? env.TRANSCRIPTS.get(key, options) : env.TRANSCRIPTS.head(key);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get: counted("get"), head: counted("head") });
    await get(path, { env: { TRANSCRIPTS } });
    expect(calls).toEqual(["get"]);
  });

  it("takes an id in capitals", async () => {
    const { id } = await stored();
    expect((await get(`/v1/transcripts/${id.toUpperCase()}`)).status).toBe(200);
  });

  it("answers HEAD with the same headers and no body", async () => {
    const { path } = await stored();
    const [whole, head] = [await get(path), await get(path, { method: "HEAD" })];
    expect(head.status).toBe(200);
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(whole.headers));
    expect(await head.text()).toBe("");
  });

  it.each([
    (etag: string) => etag,
    (etag: string) => `W/${etag}`,
    (etag: string) => `"other", ${etag}`,
    () => "*",
  ])("answers 304 when If-None-Match is met (%#)", async (value) => {
    const { path } = await stored();
    const etag = (await get(path)).headers.get("etag") ?? "";
    for (const method of ["GET", "HEAD"]) {
      const response = await get(path, { method, headers: { "if-none-match": value(etag) } });
      expect(response.status).toBe(304);
      expect(response.headers.get("etag")).toBe(etag);
      expect(await response.text()).toBe("");
    }
  });

  it("answers 412 when If-Match names another representation", async () => {
    const { path, body } = await stored();
    const etag = (await get(path)).headers.get("etag") ?? "";
    const ask = (value: string) => get(path, { headers: { "if-match": value } });
    for (const value of ['"other"', `W/${etag}`]) expect((await ask(value)).status).toBe(412);
    for (const value of [etag, `"other", ${etag}`, "*"]) {
      expect(await (await ask(value)).text()).toBe(body);
    }
  });

  it("answers 200 when If-None-Match names another representation", async () => {
    const { path, body } = await stored();
    const response = await get(path, { headers: { "if-none-match": '"other"' } });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(body);
  });

  it("gives every range of bytes that is asked for", async () => {
    const { path, body } = await stored();
    const bytes = new TextEncoder().encode(body);
    const last = bytes.length - 1;
    await fc.assert(
      fc.asyncProperty(fc.nat(last), fc.nat(last + 50), async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const end = Math.min(to, last);
        const response = await get(path, { headers: { range: `bytes=${from}-${to}` } });
        expect(response.status).toBe(206);
        expect(response.headers.get("content-range")).toBe(`bytes ${from}-${end}/${bytes.length}`);
        expect(response.headers.get("content-length")).toBe(String(end - from + 1));
        const part = new Uint8Array(await response.arrayBuffer());
        expect(part).toEqual(bytes.slice(from, to + 1));
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ["bytes=-7", -7],
    ["bytes=10-", 10],
    ["bytes=-999999999", 0],
    ["Bytes=10-", 10],
  ])("gives %s", async (range, from) => {
    const { path, body } = await stored();
    const response = await get(path, { headers: { range } });
    expect(response.status).toBe(206);
    expect(await response.text()).toBe(body.slice(from));
  });

  it.each(["bytes=5-2", "bytes=-", "bytes=a-b", "words=0-1", "bytes=0-1,4-5"])(
    "gives the whole for the range %s",
    async (range) => {
      const { path, body } = await stored();
      const response = await get(path, { headers: { range } });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(body);
    },
  );

  it.each(["bytes=999999999-", "bytes=-0"])("answers 416 to %s", async (range) => {
    const { path, body } = await stored();
    const response = await get(path, { headers: { range } });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe(`bytes */${body.length}`);
  });

  it("minds If-Range", async () => {
    const { path } = await stored();
    const etag = (await get(path)).headers.get("etag") ?? "";
    const ask = async (value: string) =>
      (await get(path, { headers: { range: "bytes=0-0", "if-range": value } })).status;
    expect(await ask(etag)).toBe(206);
    expect(await ask('"other"')).toBe(200);
    expect(await ask(`W/${etag}`)).toBe(200);
    expect(await ask("Mon, 23 Nov 2026 00:00:00 GMT")).toBe(200);
  });

  it("gives the version that is asked for", async () => {
    const { id, body, path } = await stored({ seed: 1 });
    const other = transcript({ seed: 2, requestId: id }).body;
    await deliver(other);
    const { conflicts } = await (await get(`${path}/status`)).json<{
      conflicts: { sha256: string; bytes: number }[];
    }>();
    expect(conflicts).toHaveLength(1);
    const version = conflicts[0]?.sha256;
    expect(await (await get(`${path}?version=${version}`)).text()).toBe(other);
    expect(await (await get(`${path}.txt?version=${version}`)).text()).not.toBe("");
    expect(await (await get(path)).text()).toBe(body);
    const { sha256 } = await (await get(`${path}/status`)).json<{ sha256: string }>();
    expect(await (await get(`${path}?version=${sha256}`)).text()).toBe(body);
    expect((await get(`${path}?version=${"0".repeat(64)}`)).status).toBe(404);
    expect((await get(`${path}?version=../${id}`)).status).toBe(404);
    await asOperator(path, "DELETE");
    expect((await get(`${path}?version=${version}`)).status).toBe(410);
  });

  it("gives the body of a failure by its digest, whole and in part", async () => {
    const id = crypto.randomUUID();
    const failure = errorBody("category", id);
    const path = `/v1/transcripts/${id}`;
    await deliver(failure);
    await deliver(errorBody("err_code", id));
    const { sha256, conflicts } = await (await get(`${path}/status`)).json<{
      sha256: string;
      conflicts: { sha256: string }[];
    }>();
    const named = `${path}.json?version=${sha256}`;
    expect(await (await get(named)).text()).toBe(failure);
    const part = await get(named, { headers: { range: "bytes=2-5" } });
    expect([part.status, await part.text()]).toEqual([206, failure.slice(2, 6)]);
    expect((await get(named, { method: "HEAD" })).headers.get("etag")).toBe(`"${sha256}"`);
    const other = `${path}.json?version=${conflicts[0]?.sha256}`;
    expect(await (await get(other)).text()).toBe(errorBody("err_code", id));
    expect((await get(`${path}.json`)).status).toBe(424);
    expect((await get(`${path}.txt?version=${sha256}`)).status).toBe(424);
  });
});

describe("the states", () => {
  const SUFFIXES = ["", ".json", ".vtt", ".srt", ".txt"];

  it.each(SUFFIXES)(
    "unknown is 404, and the transcript is there at the next read (%j)",
    async (suffix) => {
      const { id, body } = transcript();
      const before = await get(`/v1/transcripts/${id}${suffix}`);
      expect(before.status).toBe(404);
      expect(before.headers.get("cache-control")).toBe("no-store");
      await deliver(body);
      expect((await get(`/v1/transcripts/${id}${suffix}`)).status).toBe(200);
    },
  );

  it.each(SUFFIXES)("failed is 424 with Deepgram's error (%j)", async (suffix) => {
    const id = crypto.randomUUID();
    await deliver(errorBody("category", id));
    const response = await get(`/v1/transcripts/${id}${suffix}`);
    expect(response.status).toBe(424);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      status: 424,
      title: "Failed Dependency",
      request_id: id,
      state: "failed",
      error: { code: "INVALID_AUDIO" },
    });
  });

  it.each(SUFFIXES)("deleted is 410 (%j)", async (suffix) => {
    const { id } = await stored();
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    const response = await get(`/v1/transcripts/${id}${suffix}`);
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({ request_id: id, state: "deleted" });
  });

  it.each([
    "..%2f..%2fcallbacks",
    "%00",
    "51712a9a-9c10-4128-8e9d-6741cbff5c7f%0a",
    "51712a9a-9c10-4128-8e9d-6741cbff5c7f.exe",
    "51712a9a-9c10-4128-8e9d-6741cbff5c7f.json.vtt",
    "51712a9a-9c10-4128-8e9d-6741cbff5c7f.__proto__",
    "a".repeat(5_000),
  ])("%s is 404 and never a key", async (name) => {
    const keys: string[] = [];
    const spy = (key: string) => {
      keys.push(key);
      return env.TRANSCRIPTS.head(key);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get: spy, head: spy, list: spy });
    for (const path of [`/v1/transcripts/${name}`, `/v1/transcripts/${name}/status`]) {
      expect((await get(path, { env: { TRANSCRIPTS } })).status).toBe(404);
    }
    expect(keys).toEqual([]);
  });
});
