import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { consume } from "../../support/consume.ts";
import { deliver } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { faulty } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { segment } from "../../unit/transcript/formats/segment.ts";
import { metered } from "./metered.ts";
import { find, index, said, texts, upsert } from "./said.ts";

const status = async (q: string) => (await get(`/v1/search?${new URLSearchParams({ q })}`)).status;

/** Delivers a transcript of one utterance, a word each half second, and works off its message. */
async function spoken(text: string, more: { channel?: number; speaker?: number } = {}) {
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
  await deliver(JSON.stringify({ metadata: { request_id: id }, results }));
  await consume([{ type: "callback", request_id: id }]);
  return id;
}

describe("GET /v1/search", () => {
  it("tells in which transcripts a query is said, when, by whom, and what stands around it", async () => {
    const id = await spoken("Guten Morgen, wie können wir helfen?", { channel: 1, speaker: 2 });
    const other = await spoken("Wie KONNEN wir das ändern?");
    await spoken("Good morning, how can we help?");
    const { hits, next_cursor } = await find("können");
    expect(next_cursor).toBeNull();
    expect(hits).toHaveLength(2);
    expect(hits).toContainEqual({
      request_id: id,
      start: 1.5,
      end: 1.9,
      channel: 1,
      speaker: 2,
      text: "Guten Morgen, wie können wir helfen?",
    });
    expect(hits).toContainEqual(
      expect.objectContaining({ request_id: other, start: 0.5, end: 0.9, speaker: null }),
    );
  });

  it("spreads the time of a segment over its text where it has no words", async () => {
    await said(["", "abcd efgh"]);
    expect((await find("efgh")).hits).toMatchObject([{ start: 1.5, end: 2 }]);
  });

  it("wants all words, phrases word by word, and takes wor* for the beginning of a word", async () => {
    const all = ["The refund was paid.", "Was the refund paid?", "Refunds were paid."];
    await said(all);
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
    await said([text, "else", "天 今", "カ が วิ", "नस्ते 국한 店"]);
    expect(await texts(q)).toEqual([text]);
  });

  it("shows up to 80 characters on either side, and of a wide match the beginning", async () => {
    const filler = Array.from({ length: 100 }, (_, i) => `filler${i}`).join(" ");
    await said([`${filler} near far ${filler} far ${filler}`]);
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
    ["cursor", `q=x&cursor=${btoa('[1,"x","2026-11-05T00:00:00.000Z",1]')}`],
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

  it("is 503 while the catalogue is away, and 401 without a token", async () => {
    const CATALOGUE = faulty(env.CATALOGUE, {
      prepare: () => {
        throw new Error("D1_ERROR: Network connection lost");
      },
    });
    expect((await get("/v1/search?q=x", { env: { CATALOGUE } })).status).toBe(503);
    expect((await get("/v1/search?q=x", { headers: { authorization: "" } })).status).toBe(401);
    expect((await get("/v1/search?q=x")).headers.get("cache-control")).toBe("no-store");
  });
});

describe("the hits", () => {
  it("are those of a tag and a time, alone and together", async () => {
    const [a, b, c] = [
      await said(["hello"], { tags: ["it's", "x"], receivedAt: "2026-11-01T00:00:00.000Z" }),
      await said(["hello"], { tags: ["x"], receivedAt: "2026-11-02T00:00:00.000Z" }),
      await said(["hello"], { receivedAt: "2026-11-03T00:00:00.000Z" }),
    ];
    const ids = async (parameters: Record<string, string>) =>
      (await find("hello", parameters)).hits.map(({ request_id }) => request_id);
    expect(await ids({})).toEqual([c, b, a]);
    expect(await ids({ tag: "x" })).toEqual([b, a]);
    expect(await ids({ tag: "it's" })).toEqual([a]);
    expect(await ids({ tag: "X" })).toEqual([]);
    expect(await ids({ tag: '" OR keys : "hello' })).toEqual([]);
    expect((await find("78")).hits).toEqual([]);
    expect(await ids({ since: "2026-11-02" })).toEqual([c, b]);
    expect(await ids({ until: "2026-11-02" })).toEqual([a]);
    expect(await ids({ tag: "x", since: "2026-11-02", until: "2026-11-03" })).toEqual([b]);
  });

  it("come the best first, of equally good ones the newest, of one transcript in order", async () => {
    const oldest = await said(["thank you", "thank you"], {
      receivedAt: "2026-11-01T00:00:00.000Z",
    });
    const older = await said(["thank you", "thank you"], {
      receivedAt: "2026-11-02T00:00:00.000Z",
    });
    const best = await said(["thank you, thank you"], { receivedAt: "2026-10-01T00:00:00.000Z" });
    for (const text of ["something", "else", "is said", "here"]) await said([text]);
    const { hits } = await find("thank");
    expect(hits.map(({ request_id, start }) => [request_id, start])).toEqual([
      [best, 0],
      [older, 0],
      [older, 1],
      [oldest, 0],
      [oldest, 1],
    ]);
    expect((await find("thank", { limit: "2" })).hits).toEqual(hits.slice(0, 2));
  });

  it("come page by page, none twice and none left out, whatever comes in meanwhile", async () => {
    for (let i = 0; i < 12; i++) {
      const more = Array.from({ length: i % 4 }, () => "more").join(" ");
      await said([`hello ${more}`, "nothing", "hello hello"]);
    }
    const whole = (await find("hello", { limit: "100" })).hits;
    expect(whole).toHaveLength(24);
    const paged: typeof whole = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await find("hello", { limit: "5", ...(cursor && { cursor }) });
      paged.push(...page.hits);
      cursor = page.next_cursor;
      await said(["hello", "hello hello hello", `hello ${"and much more ".repeat(50)}`]);
    }
    expect(paged).toEqual(whole);
  });

  it("continue when the last transcript of a page is deleted", async () => {
    for (let i = 0; i < 6; i++) await said([`hello ${"more ".repeat(i)}`, "else", "other"]);
    const { hits, next_cursor } = await find("hello", { limit: "3" });
    const requestId = hits[2]!.request_id as RequestId;
    await writeCatalogue(env.CATALOGUE, [
      { change: "erase", requestId, deletedAt: "2026-11-02T00:00:00.000Z" },
    ]);
    const rest = (await find("hello", { cursor: next_cursor ?? "" })).hits;
    expect(rest).toHaveLength(3);
    expect(rest.map(({ request_id }) => request_id)).not.toContain(requestId);
  });

  it("cost no more than 10,000 of them, however many there are", { timeout: 30_000 }, async () => {
    const change = upsert({ tags: ["long"] });
    await writeCatalogue(env.CATALOGUE, [change]);
    await index(
      change,
      Array.from({ length: 25_000 }, (_, i) => segment(`yes ${i}`, i, i + 1)),
    );
    await said(["yes indeed"], { tags: ["short"] });
    const { CATALOGUE, rowsRead } = metered();
    const ask = async (query: string) => {
      const response = await get(`/v1/search?${query}`, { env: { CATALOGUE } });
      expect(response.status).toBe(200);
      await response.arrayBuffer();
      return rowsRead();
    };
    expect(await ask("q=yes")).toBeLessThan(45_000);
    expect(await ask("q=yes&tag=long")).toBeLessThan(45_000);
    expect(await ask("q=yes&tag=short")).toBeLessThan(20);
    expect(await ask("q=yes+20000")).toBeLessThan(20);
    expect(await ask("q=indeed")).toBeLessThan(20);
  });
});
