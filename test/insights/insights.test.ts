import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Insights, insightsOf } from "../../src/transcript/insights/insights.ts";
import { streamInsights } from "../../src/transcript/insights/stream-insights.ts";
import { sizedBody, wholeBody } from "../support/bodies/sized.ts";

const NOTHING: Insights = {
  summary: null,
  topics: [],
  intents: [],
  sentiment: null,
  feelings: [],
  entities: [],
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
    },
    { alternatives: [{ confidence: 0.5, entities: [entity("NAME", "Dana")] }] },
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
