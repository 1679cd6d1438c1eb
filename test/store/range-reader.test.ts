import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { rangeReader } from "../../src/store/range-reader.ts";

const KEY = "callbacks/c0ffee00-0000-4000-8000-000000000000";
const BODY = "0123456789";

const textOf = async (bytes: Promise<Uint8Array>) => new TextDecoder().decode(await bytes);

describe("stretches of an object", () => {
  it("are read as asked for, also before the first one has come", async () => {
    await env.TRANSCRIPTS.put(KEY, BODY);
    const read = rangeReader(env.TRANSCRIPTS, KEY);
    const stretches = [read(2, 3), read(0, 1), read(9, 1)];
    expect(await Promise.all(stretches.map(textOf))).toEqual(["234", "0", "9"]);
  });

  it.each([
    ["other bytes of the same length", "abcdefghij", "has been replaced"],
    ["a tombstone", "", "has been replaced"],
    ["nothing", null, "is gone"],
  ])("are not read on when %s took its place", async (_, other, message) => {
    await env.TRANSCRIPTS.put(KEY, BODY);
    const read = rangeReader(env.TRANSCRIPTS, KEY);
    await read(0, 5);
    if (other === null) await env.TRANSCRIPTS.delete(KEY);
    else await env.TRANSCRIPTS.put(KEY, other);
    await expect(read(5, 5)).rejects.toThrow(message);
  });
});
