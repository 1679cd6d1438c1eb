import { describe, expect, it } from "vitest";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import { streamSegments } from "../../../../src/transcript/segments/stream-segments.ts";
import { sizedBody, wholeBody } from "../../../support/bodies/sized.ts";
import { listenBody } from "../../../support/bodies.ts";
import { fc } from "../../../support/fast-check.ts";
import { body, channel, utterance, words } from "./bodies.ts";
import { streamed, TINY, whole } from "./stored.ts";

const sizes = fc.record({
  block: fc.integer({ min: 1, max: 3_000 }),
  leastBlock: fc.integer({ min: 1, max: 100 }),
  allBlocks: fc.integer({ min: 1, max: 20_000 }),
  batch: fc.integer({ min: 1, max: 2_000 }),
});

const options = fc.record(
  {
    seed: fc.nat(),
    words: fc.integer({ min: 1, max: 400 }),
    channels: fc.integer({ min: 1, max: 20 }),
    speakers: fc.integer({ min: 1, max: 20 }),
    language: fc.constantFrom("en", "es", "ja", "zh", "ar", "multi"),
    diarize: fc.boolean(),
    punctuate: fc.boolean(),
    smartFormat: fc.boolean(),
    utterances: fc.boolean(),
    paragraphs: fc.boolean(),
    detectLanguage: fc.boolean(),
    alternatives: fc.integer({ min: 1, max: 3 }),
    silence: fc.boolean(),
  },
  { requiredKeys: ["seed", "words"] },
);

/** Everything but ASCII as an escape. */
const escaped = (json: string) =>
  json.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

describe("segments streamed from a stored body are those of it parsed", () => {
  it("for any answer, however it is written and read", async () => {
    await fc.assert(
      fc.asyncProperty(
        options,
        sizes,
        fc.nat(2),
        fc.boolean(),
        fc.boolean(),
        async (options, sizes, indent, isEscaped, isMetadataLast) => {
          const { metadata, results } = listenBody(options as never);
          const body = isMetadataLast ? { results, metadata } : { metadata, results };
          const json = JSON.stringify(body, null, indent);
          const { found } = await streamed(isEscaped ? escaped(json) : json, sizes);
          expect(found).toEqual(segments(body));
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    ["words", {}],
    ["utterances of several channels", { channels: 3, utterances: true, diarize: true }],
    ["words of several channels", { channels: 20, punctuate: true, metadataLast: true }],
  ])("for megabytes of %s, read as they are in service", async (_, options) => {
    const bytes = wholeBody(sizedBody({ bytes: 3_000_000, ...options }));
    const { found, reads } = await streamed(bytes);
    const parsed = segments(JSON.parse(new TextDecoder().decode(bytes)));
    expect(found.length).toBe(parsed.length);
    const others = found.filter(
      (segment, i) => JSON.stringify(segment) !== JSON.stringify(parsed[i]),
    );
    expect(others).toEqual([]);
    expect(Math.max(...reads)).toBeLessThanOrEqual(1024 * 1024);
  });

  it("where utterances cover some channels, and some of them have no text", async () => {
    const spoken = channel(words("From words.", 3), {
      paragraphs: {
        paragraphs: [{ sentences: [{ text: "From words.", start: 3, end: 5 }] }],
      },
    });
    const channels = [channel(words("Covered.")), spoken, channel(words("Nor lost", 1))];
    const utterances = [
      utterance("Covered.", 0),
      null,
      { channel: 1, transcript: " ", start: 0, end: 1, words: [] },
      utterance("No such channel.", 2, { channel: 7 }),
      utterance("Back again.", 6),
    ];
    const json = JSON.stringify(body({ channels, utterances }), null, 1);
    const { found } = await streamed(json, TINY);
    expect(found.map(({ text }) => text)).toEqual([
      "Covered.",
      "Nor lost",
      "No such channel.",
      "From words.",
      "Back again.",
    ]);
    expect(found).toEqual(whole(json));
  });

  it("where the utterances of two channels take turns a thousand times", async () => {
    const utterances = Array.from({ length: 2_500 }, (_, i) => ({
      transcript: `Number ${i}.`,
      start: i,
      end: i + 1.9,
      channel: (i % 2) * 2,
    }));
    const channels = [
      { ...channel(words("Number 0.")), detected_language: "nl" },
      channel(words("But this", 9.5)),
      channel(words("Number 1.", 1)),
    ];
    const json = JSON.stringify(body({ channels, utterances }));
    const { found } = await streamed(json, { ...TINY, block: 5_000, leastBlock: 500, batch: 200 });
    expect(found).toEqual(whole(json));
    expect(found).toHaveLength(2_501);
  });

  it("for a streamed message", async () => {
    const message = {
      start: 10,
      channel: channel(words("Oh, no.", 10.5, { speaker: 1 })),
      type: "Results",
      channel_index: [1, 2],
      duration: 3,
      results: { channels: [channel(words("Not this"))] },
    };
    for (const channel of [message.channel, { alternatives: [{ transcript: " Hm. " }] }, null]) {
      const json = JSON.stringify({ ...message, channel });
      expect((await streamed(json, TINY)).found).toEqual(whole(json));
    }
  });
});

it("what is out of order by less than thousands of words is put in order", async () => {
  const spoken = words("word ".repeat(2_000).trim());
  const late = { ...utterance("late", 1_500.25), words: [] };
  const utterances = [...spoken.map((word, i) => utterance(`u${i}`, Number(word.start))), late];
  const json = JSON.stringify(body({ utterances }));
  const { found } = await streamed(json);
  expect(found).toEqual(whole(json));
});

it.each([
  [1, 4],
  [2, 6],
  [20, 40],
])("of %d channels, %d reads are under way at most, of 8 MiB together", async (channels, reads) => {
  const bytes = wholeBody(sizedBody({ bytes: 12_000_000, channels }));
  const open: number[] = [];
  const most = { reads: 0, bytes: 0 };
  const read = async (at: number, length: number) => {
    open.push(length);
    most.reads = Math.max(most.reads, open.length);
    const together = open.reduce((sum, one) => sum + one, 0);
    most.bytes = Math.max(most.bytes, together);
    await scheduler.wait(1);
    open.splice(open.indexOf(length), 1);
    return bytes.slice(at, at + length);
  };
  for await (const _ of streamSegments({ bytes: bytes.length, read }));
  expect(most.reads).toBe(reads);
  expect(most.bytes).toBeLessThanOrEqual(8 * 1024 * 1024);
});

it("words that utterances list too are read once", async () => {
  const spoken = words("one two three four five six seven eight nine ten".repeat(40));
  const [first, second] = [spoken.slice(0, 150), spoken.slice(150)];
  const utterances = [first, second].map((listed) =>
    utterance("", Number(listed[0]!.start), { words: listed, end: listed.at(-1)!.end }),
  );
  const of = async (given: unknown[]) => {
    const json = JSON.stringify(body({ channels: [channel(spoken)], utterances: given }));
    const { found, reads } = await streamed(json, { ...TINY, block: 1000, allBlocks: 9000 });
    expect(found).toEqual(whole(json));
    return reads.reduce((sum, each) => sum + each, 0) / json.length;
  };
  const listed = JSON.stringify(utterances).length;
  const all = JSON.stringify(body({ channels: [channel(spoken)], utterances })).length;
  expect(await of(utterances)).toBeLessThan((all + listed + 3_000) / all);
  expect(await of([utterances[0]])).toBeGreaterThan(1.5);
});
