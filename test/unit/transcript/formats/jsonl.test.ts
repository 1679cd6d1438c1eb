import { expect, test } from "vitest";
import { jsonl } from "../../../../src/transcript/formats/jsonl.ts";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { fc } from "../../../support/fast-check.ts";
import { segment } from "./segment.ts";
import { streamed } from "./streamed.ts";

/** Without -0, which JSON has not. */
const seconds = fc.double({ min: 0, max: 1e9, noNaN: true }).map((time) => time + 0);
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("\n", "\r\n", "\u2028", "\ud800", "__proto__", '"}\n{"', "今天"),
);
const word = fc.record({
  text,
  start: seconds,
  end: seconds,
  confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true }).map((part) => part + 0)),
});
const anySegment: fc.Arbitrary<Segment> = fc.record({
  start: seconds,
  end: seconds,
  channel: fc.nat(20),
  speaker: fc.option(fc.nat(9)),
  language: fc.option(text),
  text,
  words: fc.array(word, { maxLength: 5 }),
});

const render = async (...args: Parameters<typeof jsonl>) =>
  (await Array.fromAsync(jsonl(...args))).join("");

test("a segment is one line of compact JSON, its fields in a fixed order", async () => {
  const words = [{ confidence: null, end: 1.4, start: 1, text: "Hi." }];
  const given = { ...segment("Hi.", 1, 1.4, { words, speaker: 2, language: "en" }), more: true };
  expect(await render([given])).toBe(
    '{"start":1,"end":1.4,"channel":0,"speaker":2,"language":"en","text":"Hi.",' +
      '"words":[{"text":"Hi.","start":1,"end":1.4,"confidence":null}]}\n',
  );
});

test("silence is an empty file", async () => {
  expect(await render([])).toBe("");
});

test("every line reads back as its segment", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anySegment, { maxLength: 6 }), fc.boolean(), async (list, stream) => {
      const text = await render(stream ? streamed(list) : list);
      const lines = text.split("\n");
      expect(lines.pop()).toBe("");
      expect(lines.map((line) => JSON.parse(line) as Segment)).toEqual(list);
      expect(text).not.toMatch(/[\r\ud800]/u);
    }),
  );
});
