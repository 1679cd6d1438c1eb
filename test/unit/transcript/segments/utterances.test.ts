import { expect, test } from "vitest";
import { segments } from "../../../../src/transcript/segments/segments.ts";
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
  const channels = [channel(words("Covered once")), channel(words("But this", 3))];
  const utterances = [utterance("Covered once", 0)];
  expect(texts(body({ channels, utterances }))).toEqual(["Covered once", "But this"]);
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

test("the speaker is that of the words, else the utterance's", () => {
  const speakers = segments(
    body({
      utterances: [
        utterance("a", 0, { speaker: 2 }),
        utterance("b", 1, { words: words("b", 1, { speaker: 1 }) }),
        utterance("c", 2),
        utterance("d", 3, { speaker: 0, words: words("d", 3, { speaker: 3 }) }),
      ],
    }),
  ).map(({ speaker }) => speaker);
  expect(speakers).toEqual([2, 1, null, 3]);
});

const spoken = (...runs: [text: string, more: Record<string, unknown>][]) =>
  runs
    .flatMap(([text, more]) => words(text, 0, more))
    .map((word, i) => ({ ...word, start: i, end: i + 0.5 }));

test.each([
  ["that names one of them", { speaker: 0 }],
  ["that names none", {}],
  ["that names a third", { speaker: 7 }],
])("an utterance of several speakers %s is split between them", (_, more) => {
  const told = spoken(["Yes?", { speaker: 0 }], ["No!", { speaker: 1 }], ["So?", { speaker: 0 }]);
  const found = segments(
    body({ utterances: [utterance("Yes?  No! So?", 0, { words: told, end: 9, ...more })] }),
  );
  expect(found.map(({ text, speaker, start, end }) => [text, speaker, start, end])).toEqual([
    ["Yes?", 0, 0, 0.5],
    ["No!", 1, 1, 1.5],
    ["So?", 0, 2, 9],
  ]);
});

test("an utterance of several languages is split between them", () => {
  const told = spoken(["buenos días", { language: "es" }], ["good morning", { language: "en" }]);
  const more = { words: told, languages: ["es", "en"] };
  const found = segments(body({ utterances: [utterance("Buenos días. Good morning.", 0, more)] }));
  expect(found.map(({ text, language }) => [text, language])).toEqual([
    ["buenos días", "es"],
    ["good morning", "en"],
  ]);
});

test("a word without a speaker or language has that of the word before, else after", () => {
  const told = spoken(
    ["a", {}],
    ["b", { speaker: 1, language: "es" }],
    ["c", {}],
    ["d", { speaker: 0 }],
    ["e", { language: "en" }],
  );
  const found = segments(body({ utterances: [utterance("a b c d e", 0, { words: told })] }));
  expect(found.map(({ text, speaker, language }) => [text, speaker, language])).toEqual([
    ["a b c", 1, "es"],
    ["d", 0, "es"],
    ["e", 0, "en"],
  ]);
});

test("what is split is written as its utterance was, where the words spell it", () => {
  const told = spoken(["12", { speaker: 0 }], ["% or", { speaker: 0 }], ["3%", { speaker: 1 }]);
  const found = segments(body({ utterances: [utterance("12% or 3%", 0, { words: told })] }));
  expect(found.map(({ text }) => text)).toEqual(["12% or", "3%"]);
});

test.each([
  ["the utterance's own", { language: "fr", languages: ["de"] }, "fr"],
  ["its only one", { languages: ["de"] }, "de"],
  ["its words'", { language: "de", words: words("sí sí", 0, { language: "es" }) }, "es"],
  ["the channel's", {}, "nl"],
])("the language of an utterance: %s", (_, more, language) => {
  const channels = [{ ...channel([]), detected_language: "nl" }];
  const utterances = [utterance("a b c", 0, more)];
  expect(segments(body({ channels, utterances }))[0]?.language).toBe(language);
});

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
