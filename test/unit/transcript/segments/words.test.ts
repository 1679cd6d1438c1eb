import { expect, test } from "vitest";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import { body, channel, words } from "./bodies.ts";

const close = (text: string, start = 0, each = {}) =>
  words(text, 0, each).map((word, i) => ({
    ...word,
    start: start + i * 0.3,
    end: start + i * 0.3 + 0.3,
  }));
const texts = (spoken: Record<string, unknown>[]) =>
  segments(body({ channels: [channel(spoken)] })).map(({ text }) => text);

test("words without a pause are one segment", () => {
  const found = segments(body({ channels: [channel(close("one two three", 4))] }));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ text: "one two three", start: 4 });
  expect(found[0]?.end).toBeCloseTo(4.9);
});

test("a speaker change starts a segment", () => {
  const found = segments(
    body({
      channels: [
        channel([...close("Hi you", 0, { speaker: 0 }), ...close("Hi", 0.6, { speaker: 1 })]),
      ],
    }),
  );
  expect(found.map(({ text, speaker }) => [text, speaker])).toEqual([
    ["Hi you", 0],
    ["Hi", 1],
  ]);
});

test("a language change starts a segment", () => {
  const spoken = [
    ...close("good", 0, { language: "en" }),
    ...close("día", 0.3, { language: "es" }),
  ];
  const found = segments(body({ channels: [channel(spoken, { languages: ["en", "es"] })] }));
  expect(found.map(({ text, language }) => [text, language])).toEqual([
    ["good", "en"],
    ["día", "es"],
  ]);
});

test("a word that names no speaker stays with the one before", () => {
  expect(texts([...close("a", 0, { speaker: 1 }), ...close("b", 0.3)])).toEqual(["a b"]);
});

test("a long pause starts a segment", () => {
  expect(texts([...close("before"), ...close("after", 1.2)])).toEqual(["before", "after"]);
});

test("a sentence end starts a segment only once there is enough", () => {
  const short = "Yes. That is so.";
  expect(texts(close(short))).toEqual([short]);
  const long = "This sentence has got more than forty characters. And then?";
  expect(texts(close(long))).toEqual([
    "This sentence has got more than forty characters.",
    "And then?",
  ]);
});

test("speech without any end is cut by length", () => {
  const found = texts(close("word ".repeat(200).trim()));
  expect(found.length).toBeGreaterThan(1);
  expect(Math.max(...found.map(({ length }) => length))).toBeLessThanOrEqual(400);
});

test("slow speech without any end is cut by time", () => {
  const slow = words("la ".repeat(100).trim()).map((word, i) => ({ ...word, end: i + 1 }));
  for (const { start, end } of segments(body({ channels: [channel(slow)] }))) {
    expect(end - start).toBeLessThanOrEqual(30);
  }
});

test("only the first alternative counts", () => {
  const alternatives = [...(channel(close("first")).alternatives as []), { transcript: "second" }];
  const found = segments(body({ channels: [{ alternatives }] }));
  expect(found.map(({ text }) => text)).toEqual(["first"]);
});

test("a word is shown as punctuated, else as recognised, and left out if it has no text", () => {
  const spoken = [{ word: "mister" }, { word: "x", punctuated_word: "X." }, { word: " " }, 7, null];
  const channels = [{ alternatives: [{ transcript: "mister X.", words: spoken }] }];
  expect(segments(body({ channels })).map(({ text }) => text)).toEqual(["mister X."]);
});

test("numbers that are written as strings are read as numbers", () => {
  const odd = { word: "b", start: "1.5", end: "1.75", confidence: "0.5", speaker: "2" };
  const [found] = segments(body({ channels: [channel([odd])] }));
  expect(found).toMatchObject({ start: 1.5, end: 1.75, speaker: 2, words: [{ confidence: 0.5 }] });
});

test("words without times follow the word before", () => {
  const [found] = segments(
    body({
      channels: [channel([...close("a"), { word: "b" }, { word: "c", start: "x", end: 0.1 }])],
    }),
  );
  expect(found?.words.map(({ start, end }) => [start, end])).toEqual([
    [0, 0.3],
    [0.3, 0.3],
    [0.3, 0.3],
  ]);
});

test("confidence out of range is held within it, and null where there is none", () => {
  const spoken = [
    { word: "a", confidence: 1.0000001 },
    { word: "b", confidence: "high" },
  ];
  const [found] = segments(body({ channels: [channel(spoken)] }));
  expect(found?.words.map(({ confidence }) => confidence)).toEqual([1, null]);
});

test("a bare transcript is one segment over the whole audio", () => {
  const channels = [{ alternatives: [{ transcript: " All of it. ", words: [] }] }];
  expect(segments(body({ channels }, 12.5))).toEqual([
    {
      start: 0,
      end: 12.5,
      channel: 0,
      speaker: null,
      language: null,
      text: "All of it.",
      words: [],
    },
  ]);
});

test.each([
  ["the only one of the alternative", { languages: ["pt"] }, "pt"],
  ["the detected one, where the alternative has several", { languages: ["pt", "en"] }, "en"],
  ["the detected one, where the alternative has none", {}, "en"],
])("the language of a channel: %s", (_, more, language) => {
  const channels = [{ ...channel(close("a"), more), detected_language: "en" }];
  expect(segments(body({ channels }))[0]?.language).toBe(language);
});

test("Chinese words are joined without spaces", () => {
  expect(texts(close("今天 天气 好。"))).toEqual(["今天天气好。"]);
});
