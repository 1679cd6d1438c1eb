import { expect, it } from "vitest";
import { findLayout } from "../../../../src/transcript/segments/layout.ts";
import { body, channel, utterance, words } from "./bodies.ts";

async function* once(json: string) {
  yield new TextEncoder().encode(json);
}

it("finds where each array and string of a channel is", async () => {
  const spoken = words("A b.");
  const json = JSON.stringify(body({ channels: [channel([]), channel(spoken)] }));
  const { channels, span } = await findLayout(once(json));
  const found = channels.get(1)!;
  expect(json.slice(found.words?.from, found.words?.to)).toBe(JSON.stringify(spoken).slice(1, -1));
  expect(json.slice(found.transcript?.from, found.transcript?.to)).toBe('"A b."');
  expect(found.paragraphs).toBe(null);
  expect(span).toEqual({ start: 0, end: 60 });
});

it("finds from where to where the utterances of each channel stand", async () => {
  const utterances = [0, 1, 1, 0, 2].map((channel, i) => utterance("a", i, { channel }));
  const json = JSON.stringify(body({ utterances }));
  const found = [...(await findLayout(once(json))).utterances];
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
