import { joinWords } from "../../../../src/transcript/segments/scripts.ts";
import type { Segment, Word } from "../../../../src/transcript/segments/segment.ts";
import { fc } from "../../../support/fast-check.ts";

/** How a segment's words stand to its text. */
export type Kind = "spelled" | "respelled" | "wordless";

/** Quarters, so that borders of slices often meet those of words. */
export const time = fc.nat(40).map((quarters) => quarters / 4);
const length = fc.nat(8).map((quarters) => quarters / 4);
const confidence = fc.constantFrom(null, 0, 0.2, 0.5, 0.9, 1);
const spoken = fc.record({
  text: fc.constantFrom(
    "so",
    "it",
    "was,",
    "Oh.",
    "今天",
    "天气。",
    "ภาษา",
    "مرحبا",
    "New York",
    "é",
  ),
  start: time,
  length,
  confidence,
});

function segmentOf(kind: Kind): fc.Arbitrary<Segment> {
  return fc
    .record({
      words: fc.array(spoken, { minLength: 1, maxLength: 8 }),
      start: time,
      length,
      isTimed: fc.boolean(),
      speaker: fc.constantFrom(null, 0, 1),
    })
    .map(({ words: said, start, length, isTimed, speaker }) => {
      const words = said.map(
        (word): Word => ({
          text: word.text,
          start: word.start,
          end: word.start + word.length,
          confidence: word.confidence,
        }),
      );
      const text = joinWords(words.map((word) => word.text));
      const from = isTimed ? Math.min(...words.map((word) => word.start)) : start;
      const to = isTimed ? Math.max(...words.map((word) => word.end)) : start + length;
      return {
        start: from,
        end: to,
        channel: 0,
        speaker,
        language: null,
        text: kind === "respelled" ? `7 ${text}` : text,
        words: kind === "wordless" ? [] : words,
      };
    });
}

/**
 * Segments in order of time, each on its own channel. Times of words may be in any order and outside
 * their segment.
 */
export function anySegments(...kinds: Kind[]): fc.Arbitrary<Segment[]> {
  return fc
    .array(fc.oneof(...kinds.map(segmentOf)), { maxLength: 6 })
    .map((all) =>
      all.sort((a, b) => a.start - b.start).map((each, channel) => ({ ...each, channel })),
    );
}
