import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { indexSegments, pieces } from "../../../src/catalogue/index-segments.ts";
import { removeStatements } from "../../../src/catalogue/remove.ts";
import { fromSteps } from "../../../src/catalogue/steps.ts";
import { indexTranscript } from "../../../src/catalogue/update-catalogue.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import type { Segment } from "../../../src/transcript/segments/segment.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { LANES } from "../../support/lanes.ts";
import { segment } from "../../unit/transcript/formats/segment.ts";
import { streamed } from "../../unit/transcript/formats/streamed.ts";
import { metered } from "./metered.ts";
import { anId, checkIndex, find, index, list, passages, said, texts, upsert } from "./said.ts";

/** Takes several writes: about 100 bytes of text a segment, in Chinese where bytes matter. */
const long = (
  segments: number,
  text = "one two three four five six seven eight nine ten ",
): Segment[] => Array.from({ length: segments }, (_, i) => segment(`${text}number${i}`, i, i + 1));

async function catalogued(given: Parameters<typeof upsert>[0] = {}) {
  const change = upsert(given);
  await writeCatalogue(env.CATALOGUE, [change]);
  return change;
}

const erase = ({ record }: ReturnType<typeof upsert>) =>
  writeCatalogue(env.CATALOGUE, [
    { change: "erase", requestId: record.requestId, deletedAt: "2026-11-02T00:00:00.000Z" },
  ]);

/** Segments, something being done before one of them is given. */
async function* interrupted(segments: Segment[], at: number, what: () => Promise<unknown>) {
  for (const [i, one] of segments.entries()) {
    if (i === at) await what();
    yield one;
  }
}

describe("making a transcript findable", () => {
  it("happens with its callback's message, and again changes nothing", async () => {
    const { id, body } = transcript({ words: 200, utterances: true });
    await deliver(body);
    const messages = Array(5).fill({ type: "callback", request_id: id });
    await consume(messages);
    const before = await passages();
    expect(before).toBeGreaterThan(5);
    await Promise.all([consume(messages), consume(messages)]);
    expect(await passages()).toBe(before);
    await checkIndex();
  });

  it("reads no more rows the more is findable already", async () => {
    let rows = 0;
    const batch = async (statements: D1PreparedStatement[]) => {
      const results = await env.CATALOGUE.batch(statements);
      for (const { meta } of results) rows += meta.rows_read;
      return results;
    };
    const CATALOGUE = faulty(env.CATALOGUE, { batch });
    const read = async () => {
      const { record } = await catalogued();
      rows = 0;
      await indexSegments(CATALOGUE, record.requestId, record.sha256, [segment("hello", 0, 1)]);
      return rows;
    };
    const first = await read();
    await index(await catalogued(), long(1_000));
    expect(await read()).toBeLessThan(first + 20);
  });

  it("does not ask for the segments of what is findable, nor of what is not in the catalogue", async () => {
    const change = await catalogued();
    expect(await index(change, [segment("hello", 0, 1)])).toBe("indexed");
    const untouched = interrupted([segment("", 0, 1)], 0, refuses("asked for"));
    expect(await index(change, untouched)).toBe("unchanged");
    expect(await index(upsert(), untouched)).toBe("unlisted");
    const stale = upsert({ requestId: change.record.requestId, sha256: "1".repeat(64) });
    expect(await index(stale, untouched)).toBe("unlisted");
  });

  it("leaves each passage once when it is done several times at once", async () => {
    const change = await catalogued();
    const segments = long(4_000);
    const source = () => streamed(segments, [true, false]);
    await Promise.all([index(change, source()), index(change, source()), index(change, source())]);
    expect(await passages()).toBe(segments.length);
    await checkIndex();
  });

  it("is ended by the next run when one dies in the middle", async () => {
    const change = await catalogued();
    const segments = long(4_000);
    await expect(index(change, interrupted(segments, 3_900, refuses("died")))).rejects.toThrow(
      "died",
    );
    expect(await passages()).toBeGreaterThan(0);
    expect(await index(change, segments)).toBe("indexed");
    expect(await passages()).toBe(segments.length);
    expect((await find("number3999")).hits).toMatchObject([{ end: 4_000 }]);
    await checkIndex();
  });

  it("never holds more than a part of a long one, nor hands D1 more than it takes", async () => {
    const change = await catalogued();
    const { CATALOGUE, longestParameter } = metered();
    let asked = 0;
    let atFirstWrite = 0;
    const batch = (statements: D1PreparedStatement[]) => {
      atFirstWrite ||= asked;
      return env.CATALOGUE.batch(statements);
    };
    const segments = long(6_000, "天地玄黃宇宙洪荒日月盈昃辰宿列張");
    const counted = (function* () {
      for (const one of segments) {
        asked++;
        yield one;
      }
    })();
    await index(change, counted, faulty(CATALOGUE, { batch }));
    expect(atFirstWrite).toBeLessThan(segments.length / 2);
    expect(longestParameter()).toBeLessThan(500_000);
    expect(await passages()).toBe(segments.length);
  });

  it("replaces what another body under the same request had", async () => {
    const requestId = await said(["first one", "first two", "first three"]);
    await said(["second one"], { requestId, sha256: "1".repeat(64) });
    expect(await texts("one")).toEqual(["second one"]);
    expect(await texts("first")).toEqual([]);
    expect(await passages()).toBe(1);
  });

  it("takes a large body by the segments that were kept of it", async () => {
    const { id, body } = transcript({ words: 200, utterances: true });
    await LANES[2]!.deliver(body);
    await consume([{ type: "callback", request_id: id }]);
    const response = await get(`/v1/transcripts/${id}.jsonl`);
    const lines = (await response.text()).trim().split("\n");
    expect(await passages()).toBe(lines.length);
    const { text } = JSON.parse(lines[3] ?? "");
    expect((await find(`"${text}"`)).hits).toContainEqual(
      expect.objectContaining({ request_id: id }),
    );
  });

  it("passes over what cannot be shown, and what was deleted since", async () => {
    const id = anId();
    const spoken = (transcript: string) => ({ channel: 0, transcript, start: 0, end: 1 });
    const utterances = [spoken("hello"), spoken("x".repeat(4_500_000))];
    await deliver(JSON.stringify({ metadata: { request_id: id }, results: { utterances } }));
    expect((await consume([{ type: "callback", request_id: id }])).acked).toEqual(["m0"]);
    expect((await list()).transcripts).toMatchObject([{ request_id: id }]);
    const gone = await catalogued();
    await writeTombstone(env.TRANSCRIPTS, gone.record.requestId, new Date().toISOString(), null);
    expect(await indexTranscript(env, gone.record)).toBe("indexed");
  });

  it("does not read the body of one that failed", async () => {
    const id = anId();
    await deliver(errorBody("category", id));
    // What was said of the request beforehand is read.
    const get: R2Bucket["get"] = async (key: string) =>
      key.startsWith("expected/") ? env.TRANSCRIPTS.get(key) : refuses("read")();
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get });
    const message = { type: "callback", request_id: id };
    expect((await consume([message], { TRANSCRIPTS })).acked).toEqual(["m0"]);
  });

  it("is tried again with the message when D1 fails, the row being there already", async () => {
    const { id, body } = transcript({ words: 50 });
    await deliver(body);
    let calls = 0;
    const batch = (statements: D1PreparedStatement[]) =>
      ++calls % 2 === 0 ? refuses("D1_ERROR: lost")() : env.CATALOGUE.batch(statements);
    const CATALOGUE = faulty(env.CATALOGUE, { batch });
    const message = { type: "callback", request_id: id };
    expect(await consume([message], { CATALOGUE })).toMatchObject({ acked: [] });
    expect((await list()).transcripts).toHaveLength(1);
    expect(await consume([message])).toMatchObject({ acked: ["m0"] });
    expect(await passages()).toBeGreaterThan(0);
  });
});

describe("a piece", () => {
  it("has at most 4,000 characters, and all of them together every word with its time", () => {
    const words = Array.from({ length: 3_000 }, (_, i) => ({
      text: `word${i}`.padEnd(5 + (i % 40), "x"),
      start: i / 4,
      end: i / 4 + 0.125,
      confidence: null,
    }));
    const text = words.map((word) => word.text).join(" ");
    const all = [...pieces(segment(text, 0, 1_000, { words }))];
    expect(all.length).toBeGreaterThan(10);
    expect(Math.max(...all.map((piece) => piece.text.length))).toBeLessThanOrEqual(4_000);
    expect(all.map((piece) => piece.text).join(" ")).toBe(text);
    const moments = all.flatMap(({ times }) => fromSteps(times));
    expect(moments).toEqual(words.flatMap(({ start, end }) => [start, end]));
  });

  it.each([
    ["天", 10_000],
    ["𠮷", 5_000],
    ["วั", 5_000],
    ["x", 10_000],
  ])("is made of %s without spaces too", (character, times) => {
    const whole = `ab ${character.repeat(times)} z`;
    const all = [...pieces(segment(whole, 0, 1))];
    expect(all.map(({ text }) => text).join("")).toBe(whole);
    expect(Math.max(...all.map(({ text }) => text.length))).toBeLessThanOrEqual(4_000);
    expect(all.every(({ text }) => text.isWellFormed())).toBe(true);
    const said = new Set(all.flatMap(({ keys }) => keys.split(" ")));
    if (character !== "x") expect(said).toEqual(new Set(["ab", character, "z"]));
  });

  it("is not made of what has no letter or number", () => {
    expect([...pieces(segment("\u0301".repeat(10_000), 0, 1))]).toEqual([]);
    expect([...pieces(segment("… 😀 —", 0, 1))]).toEqual([]);
  });
});

describe("a deletion", () => {
  it("takes all that was findable away with the row, at once", async () => {
    const { id, body } = transcript({ words: 100, tags: ["a"] });
    await deliver(body);
    await consume([{ type: "callback", request_id: id }]);
    await said(["stays"]);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect(await passages()).toBe(1);
    expect((await list()).transcripts).toHaveLength(1);
    const listed = await env.CATALOGUE.prepare("SELECT count(*) AS n FROM listed").first("n");
    expect(listed).toBe(1);
    await checkIndex();
  });

  it("is not undone by an indexer that is at work, nor by one that comes late", async () => {
    const change = await catalogued();
    const segments = long(6_000);
    const before: (number | null)[] = [];
    const run = interrupted(segments, 3_000, async () => {
      before.push(await passages());
      await erase(change);
    });
    expect(await index(change, run)).toBe("unlisted");
    expect(before[0]).toBeGreaterThan(0);
    expect(await passages()).toBe(0);
    await writeCatalogue(env.CATALOGUE, [change]);
    expect(await index(change, segments)).toBe("unlisted");
    expect(await passages()).toBe(0);
  });

  it("or removal makes an indexer end, even when the transcript is catalogued again", async () => {
    const change = await catalogued();
    const again = async () => {
      const removed = removeStatements(env.CATALOGUE, [change.record.requestId]);
      await env.CATALOGUE.batch(removed);
      await writeCatalogue(env.CATALOGUE, [change]);
    };
    expect(await index(change, interrupted(long(6_000), 3_000, again))).toBe("unlisted");
    expect(await passages()).toBe(0);
    expect(await index(change, long(6_000))).toBe("indexed");
    expect(await passages()).toBe(6_000);
  });

  it("wins whichever of many writers comes last", async () => {
    const change = await catalogued();
    const segments = long(2_000);
    await Promise.all([
      index(change, streamed(segments)),
      writeCatalogue(env.CATALOGUE, [change]),
      erase(change),
      writeCatalogue(env.CATALOGUE, [change]),
      index(change, streamed(segments)),
    ]);
    expect(await passages()).toBe(0);
    expect((await list()).transcripts).toEqual([]);
  });

  it("of 30,000 passages is one transaction", { timeout: 60_000 }, async () => {
    const [change, other] = [await catalogued(), await catalogued()];
    await index(change, long(30_000, "so it is "));
    await index(other, long(10, "so it is "));
    await erase(change);
    expect(await passages()).toBe(10);
    const { hits } = await find("number7");
    expect(hits.map(({ request_id }) => request_id)).toEqual([other.record.requestId]);
    await checkIndex();
  });
});
