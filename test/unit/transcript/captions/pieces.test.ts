import { expect, test } from "vitest";
import { pieces } from "../../../../src/transcript/captions/layout.ts";
import { fc } from "../../../support/fast-check.ts";
import { segment } from "../formats/segment.ts";

const word = fc.record({
  text: fc.constantFrom(
    ..."so|Hello,|it's|a.|$5|well-known|'Yes.'|-|(|)|'|--|-->|x-->y|été|日本|extraordinarily".split(
      "|",
    ),
  ),
  start: fc.double({ min: 0, max: 12, noNaN: true }),
  seconds: fc.double({ min: 0, max: 2, noNaN: true }),
});

test("words that spell the text as it stands give what those to be cleaned first do", () => {
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 4, max: 20 }),
      fc.constantFrom("", "", "!", " more"),
      (given, maxChars, rest) => {
        const words = given.map(({ text, start, seconds }) => ({
          text,
          start,
          end: start + seconds,
          confidence: null,
        }));
        const text = words.map((word) => word.text).join(" ") + rest;
        const padded = words.map((word) => ({ ...word, text: `${word.text} ` }));
        const of = (some: typeof words) => [
          ...pieces(segment(text, 1, 10, { words: some }), maxChars),
        ];
        expect(of(words)).toEqual(of(padded));
      },
    ),
    { numRuns: 2_000 },
  );
});
