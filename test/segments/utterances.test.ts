import { expect, test } from "vitest";
import { segments } from "../../src/segments/segments.ts";
import { body, channel, utterance, words } from "./bodies.ts";

const texts = (value: unknown) => segments(value).map(({ text }) => text);

test("an utterance becomes a segment with its words", () => {
  const found = segments(body({ channels: [], utterances: [utterance("Hello there.", 2)] }));
  expect(found).toEqual([
    {
      start: 2,
      end: 3.5,
      channel: 0,
      speaker: null,
      language: null,
      text: "Hello there.",
      words: [
        { text: "Hello", start: 2, end: 2.5, confidence: 0.9 },
        { text: "there.", start: 3, end: 3.5, confidence: 0.9 },
      ],
    },
  ]);
});

test("utterances ordered by channel come out ordered by time, equal starts by channel", () => {
  const utterances = [
    utterance("a", 1, { channel: 0 }),
    utterance("c", 5, { channel: 0 }),
    utterance("b", 1, { channel: 1 }),
    utterance("d", 7, { channel: 1 }),
  ];
  expect(texts(body({ channels: [], utterances }))).toEqual(["a", "b", "c", "d"]);
});

test("a channel that no utterance covers falls back to its words", () => {
  const channels = [channel(words("Not this")), channel(words("But this", 3))];
  const utterances = [utterance("Covered", 0)];
  expect(texts(body({ channels, utterances }))).toEqual(["Covered", "But this"]);
});

test("utterances without text cover nothing", () => {
  const channels = [channel(words("From words"))];
  const utterances = [{ transcript: " \n", start: 0, end: 1, channel: 0, words: [] }, null, "x"];
  expect(texts(body({ channels, utterances }))).toEqual(["From words"]);
});

test("an utterance without transcript is spelled by its words", () => {
  const utterances = [utterance("Two words", 0, { transcript: undefined })];
  expect(texts(body({ utterances }))).toEqual(["Two words"]);
});

test("text wins over words that smart_format left in another number of tokens", () => {
  const spoken = words("twelve dollars");
  const [found] = segments(
    body({ utterances: [utterance("$12.", 0, { words: spoken, end: 1.5 })] }),
  );
  expect(found?.text).toBe("$12.");
  expect(found?.words.map(({ text }) => text)).toEqual(["twelve", "dollars"]);
});

test("the speaker is the utterance's, else its words'", () => {
  const speakers = segments(
    body({
      utterances: [
        utterance("a", 0, { speaker: 2 }),
        utterance("b", 1, { words: words("b", 1, { speaker: 1 }) }),
        utterance("c", 2),
      ],
    }),
  ).map(({ speaker }) => speaker);
  expect(speakers).toEqual([2, 1, null]);
});

test("an utterance of several speakers that names none is split between them", () => {
  const spoken = [...words("Yes?", 0, { speaker: 0 }), ...words("No!", 1, { speaker: 1 })];
  const found = segments(body({ utterances: [utterance("Yes? No!", 0, { words: spoken })] }));
  expect(found.map(({ text, speaker }) => [text, speaker])).toEqual([
    ["Yes?", 0],
    ["No!", 1],
  ]);
});

test.each([
  ["the utterance's own", { language: "fr", languages: ["de"] }, "fr"],
  ["its only one", { languages: ["de"] }, "de"],
  ["its words' commonest", { languages: ["de", "es"], words: mixed() }, "es"],
  ["the channel's", {}, "nl"],
])("the language of an utterance: %s", (_, more, language) => {
  const channels = [{ ...channel([]), detected_language: "nl" }];
  const utterances = [utterance("a b c", 0, more)];
  expect(segments(body({ channels, utterances }))[0]?.language).toBe(language);
});

function mixed() {
  return [...words("ja", 0, { language: "de" }), ...words("sí sí", 1, { language: "es" })];
}

test("impossible times are repaired", () => {
  const utterances = [
    utterance("before zero", -3, { end: -1, words: [] }),
    utterance("reversed", 9, { end: 4 }),
    utterance("timeless", 12, { start: null, end: "later" }),
    utterance("endless", 20, { end: Number.POSITIVE_INFINITY, words: [] }),
    utterance("in another age", 1e300, { end: 1e301, words: [] }),
  ];
  expect(segments(body({ utterances })).map(({ start, end, text }) => [text, start, end])).toEqual([
    ["before zero", 0, 0],
    ["in another age", 0, 0],
    ["reversed", 9, 9.5],
    ["timeless", 12, 12.5],
    ["endless", 20, 20],
  ]);
});
