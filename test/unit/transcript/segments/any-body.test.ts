import { expect, test } from "vitest";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import { fc } from "../../../support/fast-check.ts";
import { body, channel, utterance, words } from "./bodies.ts";

const paragraphs = {
  paragraphs: [{ speaker: 0, sentences: [{ text: "A b.", start: 0, end: 2 }] }],
};
const samples: unknown[] = [
  body({ channels: [channel(words("A b. C d."), { paragraphs, languages: ["en"] })] }),
  body({ channels: [channel(words("A b")), channel([])], utterances: [utterance("C d", 4)] }),
  { type: "Results", channel_index: [0, 1], start: 0, duration: 1, channel: channel(words("A")) },
];

test("any JSON value gives well-formed segments, without throwing", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => expectWellFormed(segments(value))));
});

test("a body with any of its values replaced gives well-formed segments, without throwing", () => {
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(-5, 1e300, -1e300, Infinity, -Infinity, NaN, "", " ", [], {}, null),
  );
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.nat(), odd, fc.nat(), odd, (sample, a, x, b, y) => {
      expectWellFormed(segments(replaced(replaced(sample, a, x), b, y)));
    }),
    { numRuns: 2000 },
  );
});

test("a body with ten thousand utterances and a hundred thousand words is no trouble", () => {
  const spoken = words("word ".repeat(100_000).trim());
  const utterances = Array.from({ length: 10_000 }, (_, i) => utterance("a b", i * 3));
  const found = segments(body({ channels: [channel([]), channel(spoken)], utterances }));
  expect(found.length).toBeGreaterThan(10_000);
});

function expectWellFormed(found: Segment[]): void {
  let before = 0;
  for (const { start, end, channel, speaker, text, words } of found) {
    expect(start).toBeGreaterThanOrEqual(before);
    for (const span of [{ start, end }, ...words]) {
      expect(Number.isFinite(span.start) && Number.isFinite(span.end)).toBe(true);
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
    }
    expect(text.trim()).not.toBe("");
    expect(Number.isSafeInteger(channel) && channel >= 0).toBe(true);
    expect(speaker === null || Number.isSafeInteger(speaker)).toBe(true);
    before = start;
  }
}

/** A copy of a JSON value in which one node, chosen by number, is another. */
function replaced(value: unknown, choice: number, other: unknown): unknown {
  let left = choice % Math.max(1, count(value));
  const copy = (node: unknown): unknown => {
    if (left-- === 0) return other;
    if (Array.isArray(node)) return node.map(copy);
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, copy(inner)]));
  };
  return copy(value);
}

function count(node: unknown): number {
  if (typeof node !== "object" || node === null) return 1;
  return Object.values(node).reduce<number>((sum, inner) => sum + count(inner), 1);
}
