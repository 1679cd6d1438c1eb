import { describe, expect, it, test } from "vitest";
import {
  deeplSource,
  deeplTarget,
  libreTranslateCode,
  m2m100Code,
  parseLanguageTag,
} from "../../../src/follow-ups/translate/providers/provider-codes.ts";
import { sentenceChunks } from "../../../src/follow-ups/translate/providers/translator.ts";
import { fc } from "../../support/fast-check.ts";

/** Tag, DeepL as source, as target, LibreTranslate, m2m100. */
const CODES: [string, string, string, string, string | null][] = [
  ["en", "EN", "EN-US", "en", "en"],
  ["en-US", "EN", "EN-US", "en", "en"],
  ["en-GB", "EN", "EN-GB", "en", "en"],
  ["en-AU", "EN", "EN-GB", "en", "en"],
  ["en_us", "EN", "EN-US", "en", "en"],
  ["EN-gb", "EN", "EN-GB", "en", "en"],
  ["pt", "PT", "PT-BR", "pt", "pt"],
  ["pt-BR", "PT", "PT-BR", "pt-BR", "pt"],
  ["pt-PT", "PT", "PT-PT", "pt", "pt"],
  ["es", "ES", "ES", "es", "es"],
  ["es-ES", "ES", "ES", "es", "es"],
  ["es-419", "ES", "ES-419", "es", "es"],
  ["es-MX", "ES", "ES-419", "es", "es"],
  ["zh", "ZH", "ZH-HANS", "zh-Hans", "zh"],
  ["zh-CN", "ZH", "ZH-HANS", "zh-Hans", "zh"],
  ["zh-Hans", "ZH", "ZH-HANS", "zh-Hans", "zh"],
  ["zh-TW", "ZH", "ZH-HANT", "zh-Hant", null],
  ["zh-HK", "ZH", "ZH-HANT", "zh-Hant", null],
  ["zh-Hant", "ZH", "ZH-HANT", "zh-Hant", null],
  ["cmn-Hans-CN", "ZH", "ZH-HANS", "zh-Hans", "zh"],
  ["no", "NB", "NB", "nb", "no"],
  ["nb-NO", "NB", "NB", "nb", "no"],
  ["iw", "HE", "HE", "he", "he"],
  ["in", "ID", "ID", "id", "id"],
  ["tl", "FIL", "FIL", "fil", "tl"],
  ["fr-CA", "FR", "FR", "fr", "fr"],
  ["de-CH", "DE", "DE", "de", "de"],
  ["hi-Latn", "HI", "HI", "hi", "hi"],
  ["taq", "TAQ", "TAQ", "taq", null],
];

test("a language tag is known to each provider by its own code", () => {
  for (const [tag, ...codes] of CODES) {
    const parsed = parseLanguageTag(tag);
    const all = [deeplSource, deeplTarget, libreTranslateCode, m2m100Code];
    expect.soft(parsed && all.map((code) => code(parsed)), tag).toEqual(codes);
  }
});

const NO_LANGUAGE = "multi|mul|und|zxx|und-Latn||e|english language|en-|x-private|日本".split("|");

test("what names no language is not read", () => {
  for (const tag of NO_LANGUAGE) expect.soft(parseLanguageTag(tag), tag).toBeNull();
});

describe("a text for m2m100", () => {
  it("is parted at sentences", () => {
    const text = "One two. Three four? Five! Six seven eight nine.";
    expect(sentenceChunks(text, 21)).toEqual([
      "One two. Three four?",
      "Five!",
      "Six seven eight nine.",
    ]);
    expect(sentenceChunks(text, 1_000)).toEqual([text]);
    expect(sentenceChunks("今天天气好。我们去公园。", 8)).toEqual(["今天天气好。", "我们去公园。"]);
  });

  it("has longer sentences parted between words, and longer words within", () => {
    expect(sentenceChunks("aa bb cc dd. Ee.", 5)).toEqual(["aa bb", "cc", "dd.", "Ee."]);
    expect(sentenceChunks("aa bb cc dd. Ee.", 9)).toEqual(["aa bb cc", "dd. Ee."]);
    expect(sentenceChunks("x".repeat(12), 5)).toEqual(["xxxxx", "xxxxx", "xx"]);
    expect(sentenceChunks("😀😀😀", 5)).toEqual(["😀😀", "😀"]);
  });
});

test("whatever the text, its parts are within the limit and lose nothing but spaces", () => {
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 30 }),
        fc.constantFrom(". ", "! ", "。", "x".repeat(40)),
      ),
    )
    .map((list) =>
      list
        .join("")
        .replace(/[\s\p{Cc}]+/gu, " ")
        .trim(),
    );
  const bare = (joined: string) => joined.replace(/\s/g, "");
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 60 }), (text, max) => {
      const chunks = sentenceChunks(text, max);
      expect(bare(chunks.join(""))).toBe(bare(text));
      for (const chunk of chunks) {
        expect(chunk).toBe(chunk.trim());
        expect(chunk.length).toBeLessThanOrEqual(max);
        expect(chunk.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});
