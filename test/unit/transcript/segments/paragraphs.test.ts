import { expect, test } from "vitest";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import { body, channel, words } from "./bodies.ts";

const paragraphs = (...list: unknown[]) => ({ paragraphs: { transcript: "\n", paragraphs: list } });
const sentence = (text: string, start: number, end: number) => ({ text, start, end });
const found = (spoken: Record<string, unknown>[], more: Record<string, unknown>) =>
  segments(body({ channels: [channel(spoken, more)] }));

test("each sentence is a segment of its paragraph's speaker, with the words of its time", () => {
  const result = found(
    words("One two. Three. Four five."),
    paragraphs(
      { speaker: 1, sentences: [sentence("One two.", 0, 1.5), sentence("Three.", 2, 2.5)] },
      { speaker: 0, sentences: [sentence("Four five.", 3, 4.5)] },
    ),
  );
  expect(result.map(({ text, speaker, start, end }) => [text, speaker, start, end])).toEqual([
    ["One two.", 1, 0, 1.5],
    ["Three.", 1, 2, 2.5],
    ["Four five.", 0, 3, 4.5],
  ]);
  expect(result.map((segment) => segment.words.map(({ text }) => text))).toEqual([
    ["One", "two."],
    ["Three."],
    ["Four", "five."],
  ]);
});

test("a sentence of several speakers is split between them, whatever its paragraph says", () => {
  const spoken = [...words("One two", 0, { speaker: 0 }), ...words("three.", 2, { speaker: 1 })];
  const result = found(
    spoken,
    paragraphs({ speaker: 1, sentences: [sentence("One two three.", 0, 3)] }),
  );
  expect(result.map(({ text, speaker, start, end }) => [text, speaker, start, end])).toEqual([
    ["One two", 0, 0, 1.5],
    ["three.", 1, 2, 3],
  ]);
});

test("words outside every sentence are not lost", () => {
  const result = found(
    words("Um. Yes. Well."),
    paragraphs({ sentences: [sentence("Yes.", 1, 1.5)] }),
  );
  expect(result.map(({ text }) => text)).toEqual(["Um.", "Yes.", "Well."]);
});

test("words before and after a sentence are not joined over it", () => {
  const spoken = words("Um yes so then", 0).map((word, i) => ({ ...word, end: i + 1 }));
  const result = found(spoken, paragraphs({ sentences: [sentence("Yes.", 1, 2)] }));
  expect(result.map(({ text }) => text)).toEqual(["Um", "Yes.", "so then"]);
});

test("sentences without times give way to the words", () => {
  const spoken = words("Once only.");
  const result = found(spoken, paragraphs({ sentences: [{ text: "Once only." }] }));
  expect(result.map(({ text }) => text)).toEqual(["Once only."]);
  expect(result[0]?.words).toHaveLength(2);
});

test("a sentence without times gives way to the transcript where there are no words", () => {
  const sentences = [sentence("Some of it.", 0, 1), { text: "The rest." }];
  const result = found([], { transcript: "Some of it. The rest.", ...paragraphs({ sentences }) });
  expect(result).toMatchObject([{ text: "Some of it. The rest.", start: 0, end: 60 }]);
});

test("silence has paragraphs without text and gives no segment", () => {
  expect(found([], { transcript: "", ...paragraphs() })).toEqual([]);
  expect(
    found([], { transcript: "", ...paragraphs({ sentences: [sentence(" ", 0, 1)] }) }),
  ).toEqual([]);
});

test("utterances go before paragraphs", () => {
  const channels = [channel([], paragraphs({ sentences: [sentence("Sentence.", 0, 1)] }))];
  const utterances = [{ transcript: "Utterance.", start: 0, end: 1, channel: 0, words: [] }];
  expect(segments(body({ channels, utterances })).map(({ text }) => text)).toEqual(["Utterance."]);
});
