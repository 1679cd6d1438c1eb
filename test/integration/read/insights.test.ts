import { describe, expect, it } from "vitest";
import {
  type Insights,
  insightsOf,
  streamInsights,
} from "../../../src/transcript/insights/insights.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import { fc } from "../../support/fast-check.ts";

const NOTHING: Insights = {
  summary: null,
  topics: [],
  intents: [],
  sentiment: null,
  feelings: [],
  entities: [],
  searches: [],
  confidence: null,
};

const entity = (label: string, value: string) => ({ label, value });

const RESULTS = {
  summary: { result: "success", short: "They met." },
  topics: { segments: [{ text: "a", topics: [{ topic: "Flowers" }, { topic: "Tea" }] }, "odd"] },
  intents: { segments: [{ intents: [{ intent: "Order" }, { intent: "Order" }] }] },
  sentiments: {
    segments: [
      { text: "Hm.", sentiment: "neutral" },
      { text: "How lovely.", sentiment: "positive" },
    ],
    average: { sentiment: "positive", sentiment_score: 0.4 },
  },
  channels: [
    {
      alternatives: [
        { confidence: 0.9, entities: [entity("CITY", "Rome"), entity("CITY", "Oslo"), 3] },
        { confidence: 0.1, entities: [entity("CITY", "of no account")] },
      ],
      search: [
        {
          hits: [
            { confidence: 0.4, start: 7.5, end: 8, snippet: "the team" },
            { confidence: 0.9, start: 2, end: 2.4, snippet: " some tea " },
            { confidence: 1, snippet: "nowhere" },
            3,
          ],
          query: "tea",
        },
        { query: "milk", hits: [] },
        { hits: [{ start: 1 }] },
        "odd",
      ],
    },
    {
      alternatives: [{ confidence: 0.5, entities: [entity("NAME", "Dana")] }],
      search: [{ query: "tea", hits: [{ start: 0.5 }] }],
    },
  ],
};

const FOUND: Insights = {
  summary: "They met.",
  topics: ["Flowers", "Tea"],
  intents: ["Order"],
  sentiment: { name: "positive", score: 0.4 },
  feelings: [{ text: "How lovely.", sentiment: "positive" }],
  entities: [
    { label: "CITY", values: ["Rome", "Oslo"] },
    { label: "NAME", values: ["Dana"] },
  ],
  searches: [
    {
      query: "tea",
      hits: [
        { start: 0.5, channel: 1, confidence: null, snippet: "" },
        { start: 2, channel: 0, confidence: 0.9, snippet: "some tea" },
        { start: 7.5, channel: 0, confidence: 0.4, snippet: "the team" },
      ],
    },
    { query: "milk", hits: [] },
  ],
  confidence: 0.7,
};

/** Reads a stored body, and notes the most that was asked for at once. */
async function streamed(bytes: Uint8Array) {
  let most = 0;
  const read = async (offset: number, length: number) => {
    most = Math.max(most, length);
    return bytes.slice(offset, offset + length);
  };
  return { found: await streamInsights({ bytes: bytes.length, read }), most };
}

const lanes: [string, (json: string) => Promise<Insights>][] = [
  ["parsed", async (json) => insightsOf(JSON.parse(json))],
  ["streamed", async (json) => (await streamed(new TextEncoder().encode(json))).found],
];

describe.each(lanes)("insights of a body that is %s", (_, insights) => {
  it("are all that Deepgram found, of the best alternative of each channel", async () => {
    expect(await insights(JSON.stringify({ metadata: {}, results: RESULTS }))).toEqual(FOUND);
  });

  it.each(["{}", "[]", "null", "3", '{"results":null}', '{"results":{"topics":[1],"channels":3}}'])(
    "are none of %s",
    async (json) => expect(await insights(json)).toEqual(NOTHING),
  );

  it("are no summary where Deepgram failed to make one", async () => {
    const summary = { result: "failure", short: "x" };
    expect(await insights(JSON.stringify({ results: { summary } }))).toEqual(NOTHING);
  });

  it.each([
    [{ text: "They met." }, "They met."],
    [{ short: "They met." }, "They met."],
    [{ result: "success", short: "They met." }, "They met."],
    [{ result: "failure", text: "Too short." }, null],
    [{ result: null, short: "Too short." }, null],
    [{ text: "  " }, null],
    ["They met.", null],
  ])("are the summary of /v1/read and of /v1/listen: %j", async (summary, shown) => {
    const found = await insights(JSON.stringify({ results: { summary } }));
    expect(found).toEqual({ ...NOTHING, summary: shown });
  });

  it("are the summaries of passages where there is none of the whole", async () => {
    const summaries = [{ summary: " They met. " }, 3, { summary: 4 }, { summary: "They parted." }];
    const channels = [{ alternatives: [{ summaries }, { summaries }] }, {}];
    const summary = "They met. They parted.";
    expect(await insights(JSON.stringify({ results: { channels } }))).toEqual({
      ...NOTHING,
      summary,
    });
    const whole = { channels, summary: { short: "Two met." } };
    expect(await insights(JSON.stringify({ results: whole }))).toMatchObject({
      summary: "Two met.",
    });
  });

  it("are at most 100 terms of a search and 1,000 hits", async () => {
    const hits = Array.from({ length: 600 }, (_, start) => ({ start, snippet: "x".repeat(300) }));
    const search = Array.from({ length: 150 }, (_, i) => ({ query: `q${i}`, hits }));
    const found = await insights(JSON.stringify({ results: { channels: [{ search }] } }));
    expect(found.searches).toHaveLength(100);
    expect(found.searches.map((each) => each.hits.length)).toEqual([
      600,
      400,
      ...Array(98).fill(0),
    ]);
    expect(found.searches[0]?.hits[0]?.snippet).toHaveLength(200);
  });

  it("do not grow with the body", async () => {
    const segments = Array.from({ length: 5_000 }, (_, i) => ({
      text: "x".repeat(30),
      sentiment: "negative",
      topics: [{ topic: `${i} ${"long ".repeat(100)}` }],
    }));
    const entities = segments.map(({ text }, i) => entity(`L${i}`, text));
    const sentiments = { segments };
    const channels = [{ alternatives: [{ entities }] }];
    const json = JSON.stringify({ results: { topics: { segments }, sentiments, channels } });
    const found = await insights(json);
    expect(found.topics).toHaveLength(1_000);
    expect(found.topics[999]).toHaveLength(200);
    expect(found.feelings).toHaveLength(20);
    expect(found.entities).toHaveLength(1_000);
  });
});

it("both lanes find the same in whatever is there", async () => {
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom("success", 0.5, -1, [], {}, null));
  const member = fc.constantFrom(...Object.keys(RESULTS));
  await fc.assert(
    fc.asyncProperty(member, odd, async (name, value) => {
      const json = JSON.stringify({ results: { ...RESULTS, [name]: value } });
      expect(await lanes[1]?.[1](json)).toEqual(await lanes[0]?.[1](json));
    }),
    { numRuns: 300 },
  );
});

it("a large body is read in blocks", async () => {
  const body = wholeBody(sizedBody({ bytes: 6_000_000, utterances: true, diarize: true }));
  const { found, most } = await streamed(body);
  expect(most).toBeLessThanOrEqual(1_048_576);
  expect(found).toEqual(insightsOf(JSON.parse(new TextDecoder().decode(body))));
});
