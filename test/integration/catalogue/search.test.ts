import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { updateCatalogue } from "../../../src/catalogue/update-catalogue.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import { consume } from "../../support/consume.ts";
import { deliver } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { faulty } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { find, ids, said, stored, texts } from "./said.ts";

const status = async (q: string) => (await get(`/v1/search?${new URLSearchParams({ q })}`)).status;

/** Delivers a transcript of one utterance, a word each half second, and works off its message. */
async function spoken(
  text: string,
  more: { channel?: number; speaker?: number } = {},
  metadata: Record<string, unknown> = {},
) {
  const id = crypto.randomUUID();
  const words = text.split(" ").map((word, i) => ({ word, start: i / 2, end: i / 2 + 0.4 }));
  const utterance = {
    channel: 0,
    transcript: text,
    start: 0,
    end: words.length / 2,
    words,
    ...more,
  };
  const results = { channels: [{}, {}], utterances: [utterance] };
  await deliver(JSON.stringify({ metadata: { request_id: id, ...metadata }, results }));
  await consume([{ type: "callback", request_id: id }]);
  return id;
}

describe("GET /v1/search", () => {
  it("tells in which transcripts a query is said, when, by whom, and what stands around it", async () => {
    const text = "Guten Morgen, wie können wir helfen?";
    const metadata = { duration: 12.5, tags: ["a", "b"], extra: { title: "A call" } };
    const id = await spoken(text, { channel: 1, speaker: 2 }, metadata);
    const other = await spoken("Wie KONNEN wir das ändern?");
    await spoken("Good morning, how can we help?");
    const { transcripts, ...rest } = await find("können");
    expect(rest).toEqual({ incomplete: [], next_cursor: null });
    expect(transcripts.map(({ request_id }) => request_id)).toEqual([other, id]);
    const status = await (await get(`/v1/transcripts/${id}/status`)).json<{
      received_at: string;
    }>();
    expect(transcripts[1]).toEqual({
      request_id: id,
      title: "A call",
      received_at: status.received_at,
      duration: 12.5,
      tags: ["a", "b"],
      hits: [{ start: 1.5, end: 1.9, channel: 1, speaker: 2, text }],
    });
    expect(transcripts[0]).toMatchObject({
      title: null,
      hits: [{ start: 0.5, end: 0.9, speaker: null }],
    });
  });

  it("spreads the time of a segment over its text where it has no words", async () => {
    await said(["", "abcd efgh"]);
    expect((await find("efgh")).transcripts).toMatchObject([{ hits: [{ start: 1.5, end: 2 }] }]);
  });

  it("wants all words, phrases word by word, and takes wor* for the beginning of a word", async () => {
    const all = ["The refund was paid.", "Was the refund paid?", "Refunds were paid."];
    for (const text of all) await said([text]);
    const found = async (q: string) => (await texts(q)).map((text) => all.indexOf(text)).sort();
    expect(await found("refund paid")).toEqual([0, 1]);
    expect(await found("paid refund")).toEqual([0, 1]);
    expect(await found('"refund paid"')).toEqual([1]);
    expect(await found("“refund was”")).toEqual([0]);
    expect(await found('"the refund" was')).toEqual([0, 1]);
    expect(await found("refund*")).toEqual([0, 1, 2]);
    expect(await found("refund!*")).toEqual([0, 1]);
    expect(await found("refund* were")).toEqual([2]);
    expect(await found("was-the")).toEqual([1]);
    expect(await found("were*")).toEqual([2]);
    expect(await found("refund xylophone")).toEqual([]);
    expect(await found('"paid refund"')).toEqual([]);
    expect(await found('"refund*"')).toEqual([0, 1]);
  });

  it.each([
    ["cafe resume", "Ein Café, ein Résumé."],
    ["STRASSE", "In der Straße."],
    ["οδος", "Η ΟΔΌΣ."],
    ["istanbul", "İSTANBUL’da"],
    ["今天", "我们今天去。"],
    ["か", "か。"],
    ["ガ", "ｶﾞ"],
    ["วัน", "วันนี้"],
    ["नमस्ते", "नमस्ते जी"],
    ["नम*", "नमस्ते जी"],
    ["한국*", "한국어로"],
    ["مرحبا", "مَرْحَبًا"],
    ["l'été", "L’ÉTÉ"],
    ["follow-up", "The follow up."],
    ["𠮷野家", "𠮷野家で"],
    ["dont wanna", "I don’t wanna."],
    ["don't wanna", "I dont wanna."],
    ["im good", "I'm good."],
    ["lhomme", "l’homme"],
    ["istanbulda", "İSTANBUL’da"],
    ["1250", "It is 1,250 dollars."],
    ["1,250", "It is 1250 dollars."],
    ["1 250 000", "It is 1.250.000 dollars."],
    ["5550100199", "Call (555) 010-0199."],
    ["555-010-0199", "Call 5550100199."],
    ["0199", "Call 555-010-0199."],
  ])("finds %s in %s", async (q, text) => {
    const id = await said([text]);
    for (const other of ["else", "天 今", "カ が วิ", "नस्ते 국한 店"]) await said([other]);
    expect(await ids(q)).toEqual([id]);
    expect(await texts(q)).toEqual([text]);
  });

  it("shows up to 80 characters on either side, and of a wide match the beginning", async () => {
    const filler = Array.from({ length: 100 }, (_, i) => `filler${i}`).join(" ");
    await said([`${filler} near far ${filler} far ${filler}`, "near"]);
    const [near] = await texts("near far");
    expect(near).toMatch(/^filler9\d .* near far .* filler\d$/);
    const [wide] = await texts("filler50 filler55 far");
    expect(wide).toContain("filler50");
    expect(wide?.length).toBeLessThan(420);
  });

  it.each([
    "AND",
    "OR",
    "NOT x",
    "a AND",
    "NEAR(a b)",
    "NEAR(a b, 2)",
    "keys:a",
    "{keys}:a",
    "-a",
    "^a",
    "a^",
    "a + b",
    "(a",
    "a)",
    '"',
    '""a',
    'a"b',
    '"a" "',
    "'",
    "a' OR 1=1 --",
    "; DROP TABLE search",
    "\\a",
    "*a",
    "a*b",
    "[a]",
    "a,b",
    "a\u0000b",
    "a\ud800",
    "\u202ea",
    "tags:ab",
    "%a_",
    "🙂 a",
    "ab* *",
  ])("takes %j for text", async (q) => {
    await said(["a and b or c"]);
    expect([200, 400]).toContain(await status(q));
    expect(await texts("and")).toEqual(["a and b or c"]);
  });

  it("answers any query with hits or 400", async () => {
    await said(["a b c", "天 か 1 a*"]);
    const piece = fc.constantFrom(..."a b*\"'“():^+-{}[],;\\%_NEAR天か1\u0000\u0301🙂 ");
    const q = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((all) => all.join("")),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(q, async (q) => {
        expect([200, 400]).toContain(await status(q));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ["q", ""],
    ["q", "q="],
    ["q", "q=%20%22!%22%20*"],
    ["q", `q=${"x".repeat(1_001)}`],
    ["q", `q=${Array.from({ length: 33 }, (_, i) => `w${i}`).join("+")}`],
    ["q", "q=a*"],
    ["limit", "q=x&limit=101"],
    ["limit", "q=x&limit=0"],
    ["since", "q=x&since=x"],
    ["tag", "q=x&tag="],
    ["cursor", "q=x&cursor=x"],
    ["cursor", `q=x&cursor=${btoa('["2026-11-05T00:00:00.000Z","x"]')}`],
    ["sort", "q=x&sort=worst"],
  ])("is 400 for a wrong %s: ?%s", async (name, query) => {
    const response = await get(`/v1/search?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: expect.stringMatching(`^${name} (must|is|has) `),
    });
  });

  it("takes 32 words and a phrase of 1,000 characters", async () => {
    const words = Array.from({ length: 31 }, (_, i) => `w${i}`).join(" ");
    await said([words]);
    expect(await texts(`${words} w3*`)).toHaveLength(1);
    expect(await status(`"${"天".repeat(998)}"`)).toBe(200);
  });

  it("is 503 while D1 or R2 is away, and 401 without a token", async () => {
    await said(["x"]);
    const refuse = () => {
      throw new Error("Network connection lost");
    };
    const CATALOGUE = faulty(env.CATALOGUE, { prepare: refuse });
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get: refuse });
    expect((await get("/v1/search?q=x", { env: { CATALOGUE } })).status).toBe(503);
    expect((await get("/v1/search?q=x", { env: { TRANSCRIPTS } })).status).toBe(503);
    expect((await get("/v1/search?q=x", { headers: { authorization: "" } })).status).toBe(401);
    expect((await get("/v1/search?q=x")).headers.get("cache-control")).toBe("no-store");
  });
});

/** A transcript of each of some months of 2026. */
async function inMonths(months: string[], text = "hello"): Promise<RequestId[]> {
  const ids: RequestId[] = [];
  for (const month of months) {
    ids.push(await said([text], { receivedAt: `2026-${month}-15T12:00:00.000Z` }));
  }
  return ids;
}

/** The indexes, but for those of some months, of which `instead` takes the place. */
const indexes = (months: string[], instead: () => Promise<unknown>) =>
  faulty(env.SEARCH_INDEX, {
    getByName: (name: string) =>
      months.includes(name)
        ? { newest: instead, ranked: instead, put: instead, remove: instead }
        : env.SEARCH_INDEX.getByName(name),
  });

describe("what is found", () => {
  it("is of a tag and a time, alone and together", async () => {
    const [a, b, c] = [
      await said(["hello"], { tags: ["it's", "x"], receivedAt: "2026-10-31T00:00:00.000Z" }),
      await said(["hello"], { tags: ["x"], receivedAt: "2026-11-02T00:00:00.000Z" }),
      await said(["hello"], { receivedAt: "2026-12-01T00:00:00.000Z" }),
    ];
    const found = (parameters: Record<string, string>) => ids("hello", parameters);
    expect(await found({})).toEqual([c, b, a]);
    expect(await found({ tag: "x" })).toEqual([b, a]);
    expect(await found({ tag: "it's" })).toEqual([a]);
    expect(await found({ tag: "X" })).toEqual([]);
    expect(await found({ tag: '" OR keys : "hello' })).toEqual([]);
    expect(await ids("78")).toEqual([]);
    expect(await found({ since: "2026-11-02" })).toEqual([c, b]);
    expect(await found({ until: "2026-11-02" })).toEqual([a]);
    expect(await found({ until: "2026-12-01" })).toEqual([b, a]);
    expect(await found({ since: "2026-12-01" })).toEqual([c]);
    expect(await found({ tag: "x", since: "2026-11-02", until: "2026-12-03" })).toEqual([b]);
  });

  it("has all terms, wherever in the transcript, and each phrase on one channel", async () => {
    const both = await said(["the refund", "else", "was paid"]);
    const channels = await said(["the refund", "was paid"], { channels: 2 });
    await said(["the refund"]);
    expect(await ids("paid refund")).toEqual(expect.arrayContaining([both, channels]));
    expect(await ids('"refund else"')).toEqual([both]);
    expect(await ids('"refund was"')).toEqual([]);
    expect(await ids('"refund else was" paid')).toEqual([both]);
    const { transcripts } = await find('"refund else"');
    expect(transcripts[0]?.hits).toMatchObject([{ text: "the refund else" }]);
  });

  it("has at most three places, those with most of the terms", async () => {
    await said(["one", "two", "nothing", "one two", "two", "two and one", "one", "so one is two"]);
    const places = async (q: string) =>
      (await find(q)).transcripts[0]?.hits.map(({ start }) => Math.floor(start));
    expect(await places("one")).toEqual([0, 3, 5]);
    expect(await places("one two")).toEqual([3, 5, 7]);
    expect(await places('"nothing one" two')).toEqual([0 + 1, 2, 4]);
  });

  it("comes newest first, page by page, over all months, whatever comes in meanwhile", async () => {
    const receivedAt = (i: number) =>
      new Date(Date.UTC(2026, 5 + (i % 7), 3 + (i % 2))).toISOString();
    const all = [];
    for (let i = 0; i < 21; i++) {
      const id = await said(["hello", `number ${i}`], { receivedAt: receivedAt(i) });
      all.push({ id, at: receivedAt(i) });
    }
    const expected = all
      .sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id))
      .map(({ id }) => id);
    expect(await ids("hello", { limit: "100" })).toEqual(expected);
    const paged: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await find("hello", { limit: "4", ...(cursor && { cursor }) });
      expect(page.transcripts.length).toBeLessThanOrEqual(4);
      paged.push(...page.transcripts.map(({ request_id }) => request_id));
      cursor = page.next_cursor;
      await said(["hello"], { receivedAt: "2026-12-30T00:00:00.000Z" });
    }
    expect(paged).toEqual(expected);
    expect(await ids("number 7", { limit: "1" })).toHaveLength(1);
  });

  it("comes the best first where that is asked for, page by page", async () => {
    const few = await said(["thank"]);
    const most = await said(["thank, thank, thank"], { receivedAt: "2026-10-01T00:00:00.000Z" });
    const some = await said(["thank you, thank you"], { receivedAt: "2026-10-02T00:00:00.000Z" });
    for (const text of ["something", "else", "is said", "here"]) {
      await said([text], { receivedAt: "2026-10-03T00:00:00.000Z" });
      // Of many the rank of one moves little when another comes in.
      for (let more = 0; more < 3; more++) await said([text]);
    }
    const best = await ids("thank", { sort: "best" });
    expect(best).toHaveLength(3);
    expect(best.indexOf(most)).toBeLessThan(best.indexOf(some));
    expect(best).toContain(few);
    const first = await find("thank", { sort: "best", limit: "2" });
    await said(["thank thank thank thank"]);
    // Of the same millisecond as the newest of before.
    const requestId = "ffffffff-ffff-4fff-bfff-ffffffffffff" as RequestId;
    await said([`thank ${"you know ".repeat(40)}`], { requestId });
    const cursor = first.next_cursor ?? "";
    const rest = await ids("thank", { sort: "best", limit: "2", cursor });
    expect([...first.transcripts.map(({ request_id }) => request_id), ...rest]).toEqual(best);
  });

  it("is what R2 has: not what was deleted, nor what a body said that is replaced", async () => {
    const months = ["08", "09", "10", "11"];
    const [gone, replaced, kept] = await inMonths(months);
    await writeTombstone(env.TRANSCRIPTS, gone!, new Date().toISOString(), null);
    const key = `callbacks/${replaced}`;
    const { customMetadata } = (await env.TRANSCRIPTS.head(key)) ?? {};
    const results = { channels: [{}], utterances: [{ transcript: "bye", start: 0, end: 1 }] };
    const body = JSON.stringify({ metadata: { request_id: replaced }, results });
    await env.TRANSCRIPTS.put(key, body, { customMetadata: customMetadata ?? {} });
    expect(await ids("hello", { limit: "2" })).toContain(kept);
    expect(await ids("hello")).toHaveLength(2);
    // The page is filled by what comes after.
    const { transcripts, next_cursor } = await find("hello", { limit: "2" });
    expect([transcripts.length, next_cursor]).toEqual([2, expect.any(String)]);
    expect((await find("hello", { cursor: next_cursor! })).transcripts).toEqual([]);
  });

  it("is looked for further in a month of which the first that it names were deleted", async () => {
    const inHour = (hour: number) =>
      said(["hello"], { receivedAt: `2026-11-15T0${hour}:00:00.000Z` });
    const [oldest, ...deleted] = [
      await inHour(1),
      await inHour(2),
      await inHour(3),
      await inHour(4),
    ];
    for (const id of deleted) {
      await writeTombstone(env.TRANSCRIPTS, id, new Date().toISOString(), null);
    }
    expect(await ids("hello", { limit: "1" })).toEqual([oldest]);
  });

  it("names the months that do not answer, and continues with the others", async () => {
    const [, , oct, nov] = await inMonths(["08", "09", "10", "11"]);
    const ask = async (SEARCH_INDEX: Env["SEARCH_INDEX"], query = "") => {
      const response = await get(`/v1/search?q=hello${query}`, { env: { SEARCH_INDEX } });
      expect(response.status).toBe(200);
      const { transcripts, incomplete } = await response.json<Awaited<ReturnType<typeof find>>>();
      return { found: transcripts.map(({ request_id }) => request_id), incomplete };
    };
    const away = () => Promise.reject(new Error("Durable Object reset"));
    const incomplete = ["2026-09", "2026-08"];
    const without = indexes(incomplete, away);
    expect(await ask(without)).toEqual({ found: [nov, oct], incomplete });
    expect((await ask(without, "&sort=best")).incomplete).toEqual(incomplete);
    expect(await ask(without, "&limit=1")).toEqual({ found: [nov], incomplete: [] });
    expect(await ask(without, "&since=2026-10-01")).toEqual({ found: [nov, oct], incomplete: [] });
  });

  it("wakes no more months than it takes to fill a page", async () => {
    await inMonths(["05", "06", "07", "08", "09", "10", "11"]);
    const asked: string[] = [];
    const SEARCH_INDEX = faulty(env.SEARCH_INDEX, {
      getByName: (name: string) => {
        asked.push(name);
        return env.SEARCH_INDEX.getByName(name);
      },
    });
    await get("/v1/search?q=hello&limit=1", { env: { SEARCH_INDEX } });
    expect(asked.slice(0, 3)).toEqual(["2026-11", "2026-10", "2026-09"]);
    expect(asked.length).toBeLessThanOrEqual(3);
    asked.length = 0;
    await get("/v1/search?q=hello&since=2026-10-01&until=2026-11-01", { env: { SEARCH_INDEX } });
    expect(new Set(asked)).toEqual(new Set(["2026-10", "2026-11"]));
  });

  it("never reads more than a few transcripts at once", async () => {
    for (let i = 0; i < 20; i++) await said([`hello ${"and so on ".repeat(200)}`]);
    let open = 0;
    let most = 0;
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      get: async (key: string) => {
        most = Math.max(most, ++open);
        const object = await env.TRANSCRIPTS.get(key);
        await scheduler.wait(2);
        open--;
        return object;
      },
    });
    const response = await get("/v1/search?q=hello&limit=20", { env: { TRANSCRIPTS } });
    expect((await response.json<Awaited<ReturnType<typeof find>>>()).transcripts).toHaveLength(20);
    expect(most).toBeLessThanOrEqual(4);
  });

  it("never has more than a few large transcripts in memory", async () => {
    for (let i = 0; i < 6; i++) await said([`hello ${"and so on ".repeat(4_000)}`]);
    let held = 0;
    let most = 0;
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      get: async (key: string) => {
        const object = await env.TRANSCRIPTS.get(key);
        const json = async () => {
          held += object!.size;
          most = Math.max(most, held);
          await scheduler.wait(5);
          const value = await object!.json();
          held -= object!.size;
          return value;
        };
        return object && faulty(object, { json });
      },
    });
    const response = await get("/v1/search?q=hello&limit=6", { env: { TRANSCRIPTS } });
    expect((await response.json<Awaited<ReturnType<typeof find>>>()).transcripts).toHaveLength(6);
    expect(most).toBeGreaterThan(MAX_HELD_BYTES / 2);
    expect(most).toBeLessThanOrEqual(1.5 * MAX_HELD_BYTES);
  });

  it("is nothing with SEARCH=off, which keeps words nowhere but in R2", async () => {
    const change = await stored(["hello there"]);
    await updateCatalogue({ ...env, SEARCH: "off" }, [change]);
    const { transcripts } = await (await get("/v1/transcripts")).json<{ transcripts: object[] }>();
    expect(transcripts).toMatchObject([{ preview: null }]);
    expect(await ids("hello")).toEqual([]);
    expect((await get("/v1/search?q=hello", { env: { SEARCH: "off" } })).status).toBe(404);
    await updateCatalogue(env, [change]);
    expect(await ids("hello")).toHaveLength(1);
    expect(
      (await (await get("/v1/transcripts")).json<{ transcripts: object[] }>()).transcripts,
    ).toMatchObject([{ preview: "hello there", speakers: null }]);
  });
});
