import { expect, it } from "vitest";
import { findLayout } from "../../../../src/transcript/segments/body-layout.ts";
import { body, channel, utterance, words } from "./bodies.ts";

async function* once(json: string) {
  yield new TextEncoder().encode(json);
}

it("finds where each array and string of a channel is", async () => {
  const spoken = words("A b.");
  const json = JSON.stringify(body({ channels: [channel([]), channel(spoken)] }));
  const { channels, span } = await findLayout(once(json), 20);
  const found = channels.get(1)!;
  expect(json.slice(found.words?.from, found.words?.to)).toBe(JSON.stringify(spoken).slice(1, -1));
  expect(json.slice(found.transcript?.from, found.transcript?.to)).toBe('"A b."');
  expect(found.paragraphs).toBe(null);
  expect(span).toEqual({ start: 0, end: 60 });
});

const withUtterances = (channels: unknown[], utterances: unknown[]) =>
  findLayout(once(JSON.stringify(body({ channels, utterances }))), 20);

it("finds the channels whose words are those that their utterances list", async () => {
  const [left, right] = [words("a b c d"), words("e f", 9)];
  const utterances = [left.slice(0, 1), left.slice(1, 3), right, [], left.slice(3)].map((listed) =>
    utterance("x", 0, { words: listed, channel: listed === right ? 1 : 0 }),
  );
  const both = [channel(left), channel(right)];
  expect((await withUtterances(both, utterances)).listed).toEqual(new Set([0, 1]));
  expect((await withUtterances([channel(right), channel(right)], utterances)).listed).toEqual(
    new Set([1]),
  );
});

it.each([
  ["is left out", words("a b c")],
  ["is written otherwise", words("a b c D")],
  ["has another time", words("a b c d").map((word, i) => (i < 3 ? word : { ...word, end: 3.6 }))],
  ["comes in another place", words("a b c d").toReversed()],
  ["comes twice", [...words("a b c d"), ...words("d", 3)]],
])("no channel whose words are not all listed alike: one %s", async (_, listed) => {
  const found = await withUtterances(
    [channel(words("a b c d"))],
    [utterance("x", 0, { words: listed })],
  );
  expect(found.listed).toEqual(new Set());
});

it("finds where utterances begin, one in each batch", async () => {
  const utterances = Array.from({ length: 9 }, (_, i) => utterance("a", i));
  const json = JSON.stringify(body({ utterances }));
  const all = utterances.map((one) => json.indexOf(JSON.stringify(one)));
  expect((await findLayout(once(json), 20)).begins).toEqual(all);
  const { begins } = await findLayout(once(json), 500);
  expect(begins.length).toBeGreaterThan(1);
  expect(all).toEqual(expect.arrayContaining(begins));
  for (let i = 1; i < begins.length; i++) {
    expect(begins[i]! - begins[i - 1]!).toBeGreaterThanOrEqual(500);
  }
});

it("finds from where to where the utterances of each channel stand", async () => {
  const utterances = [0, 1, 1, 0, 2].map((channel, i) => utterance("a", i, { channel }));
  const json = JSON.stringify(body({ utterances }));
  const found = [...(await findLayout(once(json), 20)).utterances];
  const spans = found.map(([number, { from, to }]) => [number, json.slice(from, to)]);
  const between = (from: number, to: number) =>
    utterances
      .slice(from, to)
      .map((one) => JSON.stringify(one))
      .join();
  expect(spans).toEqual([
    [0, between(0, 4)],
    [1, between(1, 3)],
    [2, between(4, 5)],
  ]);
});
