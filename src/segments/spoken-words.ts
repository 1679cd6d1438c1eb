import { field, index, list, probability, text, time } from "./fields.ts";
import type { Word } from "./segment.ts";

/** A word with what Deepgram says of it alone: `words[].speaker`, and `.language` with language=multi. */
export type SpokenWord = { word: Word; speaker: number | null; language: string | null };

/**
 * Reads the usable entries of a Deepgram `words` array, which may come in parts, in its order. A word
 * without a start begins where the one before it ended, the first at `from` seconds.
 */
export function wordReader(from: number): (words: readonly unknown[]) => SpokenWord[] {
  let clock = from;
  return (words) => {
    const spoken: SpokenWord[] = [];
    for (const raw of words) {
      const shown = text(field(raw, "punctuated_word")) || text(field(raw, "word"));
      if (shown === "") continue;
      const start = time(field(raw, "start")) ?? clock;
      const end = Math.max(start, time(field(raw, "end")) ?? start);
      clock = end;
      spoken.push({
        word: { text: shown, start, end, confidence: probability(field(raw, "confidence")) },
        speaker: index(field(raw, "speaker")),
        language: text(field(raw, "language")) || null,
      });
    }
    return spoken;
  };
}

/** The usable entries of a whole Deepgram `words` array. */
export function spokenWords(words: unknown, from: number): SpokenWord[] {
  return wordReader(from)(list(words));
}
