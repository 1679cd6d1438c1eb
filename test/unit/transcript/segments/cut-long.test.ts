import { describe, expect, it, test } from "vitest";
import { txt } from "../../../../src/transcript/formats/paragraphs.ts";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import { body, channel } from "./bodies.ts";
import { streamed, TINY } from "./stored.ts";

const COUNT = 1_000;
/** A thousand words without punctuation, with a pause of 0.6 s after each twentieth. */
const spoken = Array.from({ length: COUNT }, (_, i) => {
  const start = i * 0.25 + Math.floor(i / 20) * 0.6;
  return { word: `w${i}`, start, end: start + 0.25, confidence: 0.9 };
});
const transcript = spoken.map(({ word }) => word).join(" ");
const end = spoken.at(-1)!.end;

const WAYS = {
  words: { channels: [channel(spoken, { transcript })] },
  "one utterance": {
    channels: [],
    utterances: [{ transcript, start: 0, end, channel: 0, words: spoken }],
  },
  "one sentence": {
    channels: [
      channel(spoken, {
        transcript,
        paragraphs: { paragraphs: [{ sentences: [{ text: transcript, start: 0, end }] }] },
      }),
    ],
  },
  "a transcript alone": { channels: [channel([], { transcript })] },
};

test.each(Object.entries(WAYS))(
  "speech without punctuation is read in paragraphs: %s",
  async (name, results) => {
    const found = segments(body(results, end));
    expect((await streamed(JSON.stringify(body(results, end)), TINY)).found).toEqual(found);
    expect(Math.max(...found.map(({ text }) => text.length))).toBeLessThanOrEqual(600);
    expect(found.map(({ text }) => text).join(" ")).toBe(transcript);
    const lines = (await Array.fromAsync(txt(found))).join("").trim().split("\n\n");
    expect(lines.join(" ")).toBe(transcript);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    expect(Math.min(...lines.slice(0, -1).map(({ length }) => length))).toBeGreaterThanOrEqual(150);
    if (name === "a transcript alone") return;
    const starts = found.slice(1).map(({ words }) => Number(words[0]?.text.slice(1)));
    if (name !== "words") expect(starts.every((start) => start % 20 === 0)).toBe(true);
  },
);

describe("where words and text are spelled differently", () => {
  const numbered = spoken.map((word, i) =>
    i % 4 === 0 ? { ...word, word: `“${word.word}”` } : word,
  );
  const given = transcript.replaceAll(/w(\d*)7\b/g, "$1seven");
  const utterances = [{ transcript: given, start: 0, end, channel: 0, words: numbered }];
  const results = { channels: [channel(numbered, { transcript: given })], utterances };

  it("speech is cut before words that both have, which go with their text", async () => {
    const found = segments(body(results, end));
    expect((await streamed(JSON.stringify(body(results, end)), TINY)).found).toEqual(found);
    expect(Math.max(...found.map(({ text }) => text.length))).toBeLessThanOrEqual(600);
    expect(found.map(({ text }) => text).join(" ")).toBe(given);
    expect(found.flatMap(({ words }) => words)).toHaveLength(COUNT);
    for (const { text, words, start, end } of found) {
      expect([text.split(" ").length, words[0]?.start, words.at(-1)?.end]).toEqual([
        words.length,
        start,
        end,
      ]);
    }
  });

  it("a quotation mark stays with the word that it opens", () => {
    const quoted = transcript.replaceAll(/(w\d+)/g, "“$1”").replace("“w500”", "half");
    const found = segments(
      body({ channels: [], utterances: [{ ...utterances[0], transcript: quoted }] }),
    );
    expect(found.length).toBeGreaterThan(5);
    expect(found.every(({ text }) => /^“.*”$/.test(text))).toBe(true);
  });

  it("speech of which no word is in the text is cut by length", async () => {
    const other = spoken.map((_, i) => `x${i}`).join(" ");
    const one = {
      channels: [],
      utterances: [{ ...utterances[0], transcript: other, words: spoken }],
    };
    const found = segments(body(one, end));
    expect((await streamed(JSON.stringify(body(one, end)), TINY)).found).toEqual(found);
    expect(Math.max(...found.map(({ text }) => text.length))).toBeLessThanOrEqual(600);
    expect(found.map(({ text }) => text).join(" ")).toBe(other);
    expect(found.flatMap(({ words }) => words)).toHaveLength(COUNT);
    expect(found.every(({ words, end }) => words.every(({ start }) => start <= end))).toBe(true);
  });
});
