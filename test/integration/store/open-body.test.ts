import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { openBody, rangeReader } from "../../../src/store/content.ts";
import { callbackKey, versionKey } from "../../../src/store/keys.ts";
import { type CallbackRecord, toRecord } from "../../../src/store/record.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";

const BODY = "0123456789";
const SHA256 = "a".repeat(64);
const BODY_KEY = "bodies/2026-11-29T17/c0ffee00-0000-4000-8000-000000000000";

const METADATA = { state: "received", received_at: "2026-11-29T17:00:00.000Z", sha256: SHA256 };

const anId = () => crypto.randomUUID() as RequestId;

/** The record of a body, in the record's own object or in one of its own. */
async function stored(where: "inline" | "apart"): Promise<CallbackRecord> {
  const id = anId();
  const own = where === "inline" ? {} : { body: BODY_KEY, bytes: String(BODY.length) };
  await env.TRANSCRIPTS.put(callbackKey(id), where === "inline" ? BODY : "{}", {
    customMetadata: { ...METADATA, ...own },
  });
  if (where === "apart") await env.TRANSCRIPTS.put(BODY_KEY, BODY);
  const object = await env.TRANSCRIPTS.head(callbackKey(id));
  if (object === null) throw new Error("not stored");
  return toRecord(id, object) as CallbackRecord;
}

const textOf = async (bytes: Promise<Uint8Array>) => new TextDecoder().decode(await bytes);

const overwrite = ({ key }: CallbackRecord) => env.TRANSCRIPTS.put(key, "abcdefghij");

const keepVersion = ({ requestId }: CallbackRecord) =>
  env.TRANSCRIPTS.put(versionKey(requestId, SHA256), BODY);

describe.each(["inline", "apart"] as const)("a body that is %s", (where) => {
  it("is opened, and has its own size", async () => {
    const record = await stored(where);
    expect(await (await openBody(env.TRANSCRIPTS, record))?.text()).toBe(BODY);
    expect(record.bytes).toBe(BODY.length);
  });

  it("is read in ranges, also at once", async () => {
    const read = rangeReader(env.TRANSCRIPTS, await stored(where));
    const ranges = [read(2, 3), read(0, 1), read(9, 1)];
    expect(await Promise.all(ranges.map(textOf))).toEqual(["234", "0", "9"]);
  });

  it("is read to its end when another one becomes the current one", async () => {
    const record = await stored(where);
    const read = rangeReader(env.TRANSCRIPTS, record);
    expect(await textOf(read(0, 5))).toBe("01234");
    if (where === "inline") await keepVersion(record);
    await overwrite(record);
    expect(await textOf(read(5, 5))).toBe("56789");
  });

  it("is not read on once it was erased", async () => {
    const record = await stored(where);
    const read = rangeReader(env.TRANSCRIPTS, record);
    await read(0, 5);
    await overwrite(record);
    await env.TRANSCRIPTS.delete(BODY_KEY);
    await expect(read(5, 5)).rejects.toThrow("is gone");
  });
});

it("a range is of the body whose headers are sent, though another one becomes the current one", async () => {
  const { id, body } = transcript();
  const other = transcript({ requestId: id, words: 40 }).body;
  await deliver(body);
  const head = async (key: string) => {
    const object = await env.TRANSCRIPTS.head(key);
    if (key === callbackKey(id as RequestId) && object?.size === body.length) {
      const customMetadata = { ...object.customMetadata, sha256: "b".repeat(64) };
      await env.TRANSCRIPTS.put(key, other, { customMetadata });
    }
    return object;
  };
  const response = await get(`/v1/transcripts/${id}`, {
    headers: { range: "bytes=0-9" },
    env: { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { head }) },
  });
  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe(`bytes 0-9/${other.length}`);
  expect(response.headers.get("etag")).toBe(`"${"b".repeat(64)}"`);
  expect(await response.text()).toBe(other.slice(0, 10));
});
