import { expect, it } from "vitest";
import { segments } from "../../../../src/transcript/segments/segments.ts";

const body = (transcript: string, ...words: string[]) => ({
  metadata: { duration: 9 },
  results: {
    channels: [
      {
        alternatives: [
          { transcript, words: words.map((word, at) => ({ word, start: at, end: at + 1 })) },
        ],
      },
    ],
  },
});

const texts = (given: unknown) => segments(given).map(({ text }) => text);

it("a transcript of which most words are missing is shown whole", () => {
  const transcript = "All of this was said, and only two words of it are listed.";
  expect(texts(body(transcript, "all", "of"))).toEqual([transcript]);
});

it("words that are only written otherwise than the transcript are used", () => {
  expect(texts(body("It is 12:30.", "it", "is", "twelve", "thirty"))).toEqual([
    "it is twelve thirty",
  ]);
});
