import { expect, it } from "vitest";
import { findLayout } from "../../src/transcript/segments/layout.ts";
import { body, channel, utterance, words } from "./bodies.ts";

async function* once(json: string) {
  yield new TextEncoder().encode(json);
}

const layoutOf = (results: Record<string, unknown>) =>
  findLayout(once(JSON.stringify(body(results))));

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

it("lists the utterances of a channel as one run each", async () => {
  const utterances = [0, 0, 0, 1, 1, 0].map((channel, i) => utterance("a", i, { channel }));
  const found = (await layoutOf({ utterances })).utterances;
  expect(found).toMatchObject([{ channel: 0 }, { channel: 1 }, { channel: 0 }]);
});

it("does not list utterances of which there are as many runs", async () => {
  const utterances = Array.from({ length: 3_000 }, (_, i) => utterance("a", i, { channel: i % 2 }));
  expect((await layoutOf({ utterances })).utterances).not.toBeInstanceOf(Array);
});
