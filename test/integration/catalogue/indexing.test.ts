import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createRowMaker } from "../../../src/catalogue/search/index-rows.ts";
import { dropEmptyMonths } from "../../../src/catalogue/search/months.ts";
import { updateCatalogue } from "../../../src/catalogue/update-catalogue.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, hangs, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { LANES } from "../../support/lanes.ts";
import { shortenTimeouts } from "../../support/shorten-timeouts.ts";
import { later } from "../../support/work-off.ts";
import { segment } from "../../unit/transcript/formats/segment.ts";
import { anId, ids, indexed, list, said, stored } from "./said.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const NOVEMBER = "2026-11";

/** Indexes of which some methods are replaced. */
const indexWith = (replaced: Record<string, unknown>) =>
  faulty(env.SEARCH_INDEX, {
    getByName: (name: string) => faulty(env.SEARCH_INDEX.getByName(name), replaced as never),
  });

describe("making a transcript findable", () => {
  it("happens with its callback's message: one row, and again changes nothing", async () => {
    const { id, body } = transcript({ words: 200, utterances: true });
    await deliver(body);
    const messages = Array(5).fill({ type: "callback", request_id: id });
    await Promise.all([consume(messages), consume(messages)]);
    expect(await indexed()).toEqual({ transcripts: 1, rows: 1 });
    expect(await ids("fenwick")).toEqual([id]);
  });

  it("replaces what another body under the same request had, and never by an earlier one", async () => {
    const first = await stored(["first one"]);
    const { requestId } = first.record;
    await updateCatalogue(env, [first]);
    const index = env.SEARCH_INDEX.getByName(NOVEMBER);
    const { receivedAt } = first.record;
    const part = { requestId, receivedAt, tags: "", first: 0, isLast: true };
    await index.put({ ...part, version: "b", revision: 1, rows: ["second one"] });
    await index.put({ ...part, version: "a", revision: 0, rows: ["first one"] });
    const asked = { since: null, until: null, after: null, limit: 9 };
    expect(await index.newest({ ...asked, terms: ["keys : second"] })).toHaveLength(1);
    expect(await index.newest({ ...asked, terms: ["keys : first"] })).toEqual([]);
    expect(await indexed(NOVEMBER)).toEqual({ transcripts: 1, rows: 1 });
  });

  it("takes a large body by the segments that were kept of it", async () => {
    const { id, body } = transcript({ words: 200, utterances: true });
    await LANES[2]!.deliver(body);
    await consume([{ type: "callback", request_id: id }]);
    const response = await get(`/v1/transcripts/${id}.jsonl`);
    const { text } = JSON.parse((await response.text()).split("\n")[3] ?? "");
    expect(await ids(`"${text}"`)).toEqual([id]);
  });

  it("passes over what cannot be shown, and what was deleted since", {
    timeout: 60_000,
  }, async () => {
    const id = anId();
    const spoken = (transcript: string) => ({ channel: 0, transcript, start: 0, end: 1 });
    const utterances = [spoken("hello"), spoken("x".repeat(4_500_000))];
    await deliver(JSON.stringify({ metadata: { request_id: id }, results: { utterances } }));
    expect((await consume([{ type: "callback", request_id: id }])).acked).toEqual(["m0"]);
    expect((await list()).transcripts).toMatchObject([{ request_id: id }]);
    const gone = await stored(["hello"]);
    await writeTombstone(env.TRANSCRIPTS, gone.record.requestId, new Date().toISOString(), null);
    await updateCatalogue(env, [gone]);
    expect(await ids("hello")).not.toContain(gone.record.requestId);
  });

  it("does not read the body of one that failed", async () => {
    const id = anId();
    await deliver(errorBody("category", id));
    const read = refuses("read");
    const get = async (key: string) => {
      const object = await env.TRANSCRIPTS.get(key);
      const isCallback = key.startsWith("callbacks/");
      return object && isCallback ? faulty(object, { arrayBuffer: read, json: read }) : object;
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get } as object);
    const message = { type: "callback", request_id: id };
    expect((await consume([message], { TRANSCRIPTS })).acked).toEqual(["m0"]);
    expect((await indexed()).transcripts).toBe(0);
  });

  it.each([
    ["is away", refuses("Durable Object reset")],
    ["hangs", hangs],
  ])(
    "is tried again with the message when the index %s; the list does not wait",
    async (_, put) => {
      const { id, body } = transcript({ words: 50 });
      await deliver(body);
      const message = { type: "callback", request_id: id };
      shortenTimeouts();
      const consuming = consume([message], { SEARCH_INDEX: indexWith({ put }) });
      while ((await list()).transcripts.length === 0) await scheduler.wait(20);
      const listed = Date.now();
      expect(await consuming).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
      // Of twenty seconds, which are shortened to one.
      if (put === hangs) expect(Date.now() - listed).toBeGreaterThan(250);
      expect(await ids("fenwick")).toEqual([]);
      expect(await consume([message])).toMatchObject({ acked: ["m0"] });
      expect(await ids("fenwick")).toEqual([id]);
    },
    60_000,
  );

  it("does not happen to a body that was deleted after it was planned by, while others were waited for", async () => {
    const { id, body } = transcript({ words: 50 });
    await deliver(body);
    const get = async (key: string) => {
      const object = await env.TRANSCRIPTS.get(key);
      if (!key.startsWith("expected/")) return object;
      // The last that the planner reads.
      await env.TRANSCRIPTS.delete(`callbacks/${id}`);
      later(6);
      return object;
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get } as object);
    await consume([{ type: "callback", request_id: id }], { TRANSCRIPTS });
    expect(await indexed(new Date().toISOString().slice(0, 7))).toMatchObject({ rows: 0 });
    vi.useRealTimers();
  });

  it("says in the list who speaks, and the first words", async () => {
    const { id, body } = transcript({ words: 300, utterances: true, diarize: true });
    await deliver(body);
    await consume([{ type: "callback", request_id: id }]);
    await said(["短い。", "", "次。"], { channels: 2 });
    const [japanese, english] = (await list()).transcripts.toSorted(
      (a, b) => (a.preview ?? "").length - (b.preview ?? "").length,
    );
    expect(japanese).toMatchObject({ preview: "短い。 次。", speakers: null });
    const text = (await (await get(`/v1/transcripts/${id}.txt`)).text()).replace(/\s+/g, " ");
    const preview = english?.preview ?? "";
    expect(preview.length).toBeGreaterThan(100);
    expect(preview.length).toBeLessThanOrEqual(160);
    expect(text).toContain(preview.slice(0, 20));
    expect(english?.speakers).toBeGreaterThan(1);
  });
});

describe("a long transcript", () => {
  /** About 30 bytes a segment in the index. */
  const long = (count: number, channels = 1) =>
    Array.from({ length: count }, (_, i) =>
      segment(`so number${i} it's`, i, i + 1, { channel: i % channels }),
    );

  it("has rows of at most 1.9 MB, which share as many tokens as a phrase can have", () => {
    const rows = createRowMaker();
    const all: string[] = [];
    for (const one of long(160_000, 2)) {
      rows.add(one);
      all.push(...rows.full());
    }
    all.push(...rows.rest());
    expect(all.length).toBeGreaterThan(2);
    for (const row of all) {
      // And the mark between the spelled and the joined tokens.
      expect(new TextEncoder().encode(row).length).toBeLessThanOrEqual(1_900_005);
    }
    // Also where a row ends: each number stands behind the one before it in its channel.
    for (const said of ["it s", "its"]) {
      const pairs = new RegExp(`number(\\d+) ${said} so (?=number(\\d+))`, "g");
      const found = new Set(
        all.flatMap((row) => [...row.matchAll(pairs)].map(([, one, next]) => `${one} ${next}`)),
      );
      const missing = Array.from({ length: 159_998 }, (_, i) => `${i} ${i + 2}`).filter(
        (pair) => !found.has(pair),
      );
      expect(missing, said).toEqual([]);
    }
  });

  it("is found by words of different rows, and removed whole", async () => {
    const index = env.SEARCH_INDEX.getByName(NOVEMBER);
    const [requestId, other] = [anId(), anId()];
    const receivedAt = "2026-11-05T00:00:00.000Z";
    const part = { receivedAt, version: "v", revision: 0, tags: "78", requestId };
    await index.put({ ...part, first: 0, rows: ["one two", "two three"], isLast: false });
    const ask = (terms: string[], more = {}) =>
      index.newest({ terms, since: null, until: null, after: null, limit: 9, ...more });
    expect(await ask(["keys : one"])).toEqual([]);
    await index.put({ ...part, first: 2, rows: ["three four"], isLast: true });
    await index.put({ ...part, requestId: other, first: 0, rows: ["one four"], isLast: true });
    const both = [requestId, other].sort().reverse();
    const found = async (terms: string[], more = {}) =>
      (await ask(terms, more)).map((one) => one.requestId);
    expect(await found(["keys : one"])).toEqual(both);
    expect(await found(["keys : one", "keys : four"])).toEqual(both);
    expect(await found(['tags : "78"', "keys : one", "keys : three"])).toEqual([requestId]);
    expect(await found(["keys : one", "keys : five"])).toEqual([]);
    expect(await found(["keys : one", "keys : four"], { limit: 1 })).toEqual([both[0]]);
    const after = { requestId: both[0]!, receivedAt };
    expect(await found(["keys : one", "keys : four"], { limit: 1, after })).toEqual([both[1]]);
    await index.put({ ...part, version: "w", first: 0, rows: ["one"], isLast: true });
    expect(await found(["keys : four"])).toEqual([other]);
    await index.remove({ requestId, receivedAt });
    expect(await indexed(NOVEMBER)).toEqual({ transcripts: 1, rows: 1 });
    await index.drop();
  });

  it("has a place of its own where many came in one millisecond", async () => {
    const all: RequestId[] = [];
    for (let i = 0; i < 5; i++) {
      const id = `abc${i}0000-0000-4000-8000-000000000000` as RequestId;
      all.unshift(await said(["hello"], { requestId: id }));
    }
    expect(await ids("hello")).toHaveLength(5);
    await asOperator(`/v1/transcripts/${all[2]}`, "DELETE");
    expect(new Set(await ids("hello"))).toEqual(new Set(all.filter((id) => id !== all[2])));
    expect(await indexed(NOVEMBER)).toEqual({ transcripts: 4, rows: 4 });
  });
});

describe("a deletion", () => {
  it("takes the words out of the index with the row", async () => {
    const id = await said(["hello"], { tags: ["a"] });
    await said(["stays"]);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    expect(await indexed(NOVEMBER)).toEqual({ transcripts: 1, rows: 1 });
    expect((await list()).transcripts).toHaveLength(1);
    const listed = await env.CATALOGUE.prepare("SELECT count(*) AS n FROM listed").first("n");
    expect(listed).toBe(1);
  });

  it("holds while the index is away, whose words go with the message", async () => {
    const id = await said(["hello"]);
    const SEARCH_INDEX = indexWith({ remove: refuses("Durable Object reset") });
    const headers = { authorization: OPERATOR };
    const deleted = await get(`/v1/transcripts/${id}`, {
      method: "DELETE",
      headers,
      env: { SEARCH_INDEX },
    });
    expect(deleted.status).toBe(204);
    expect(await ids("hello")).toEqual([]);
    expect(await indexed(NOVEMBER)).toEqual({ transcripts: 1, rows: 1 });
    const message = { type: "callback", request_id: id };
    expect(await consume([message], { SEARCH_INDEX })).toMatchObject({ acked: [] });
    expect(await consume([message])).toMatchObject({ acked: ["m0"] });
    expect(await indexed(NOVEMBER)).toEqual({ transcripts: 0, rows: 0 });
  });
});

describe("a month that is over", () => {
  it("goes whole once nothing of it is listed, and no other", async () => {
    const [, left] = [
      await said(["hello"], { receivedAt: "2026-07-31T23:59:59.999Z" }),
      await said(["hello"], { receivedAt: "2026-08-01T00:00:00.000Z" }),
      await said(["hello"], { receivedAt: "2026-09-01T00:00:00.000Z" }),
    ];
    // What a write that came late has left in the index.
    await env.CATALOGUE.exec("DELETE FROM listed WHERE at NOT GLOB '2026-08*'");
    await dropEmptyMonths(env, "2026-09");
    expect(await indexed("2026-07")).toEqual({ transcripts: 0, rows: 0 });
    expect(await indexed("2026-08")).toEqual({ transcripts: 1, rows: 1 });
    expect(await indexed("2026-09")).toEqual({ transcripts: 1, rows: 1 });
    expect(await ids("hello", { until: "2026-09-01" })).toEqual([left]);
  });
});
