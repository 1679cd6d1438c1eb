import { index, list, probability, text, time } from "./fields.ts";
import type { Word } from "./segment.ts";

/** A word with what Deepgram says of it alone: `words[].speaker`, and `.language` with language=multi. */
export type SpokenWord = { word: Word; speaker: number | null; language: string | null };

/** What of an entry is read: by fixed names, which is several times as fast as by variable ones. */
type Given = Partial<
  Record<
    "punctuated_word" | "word" | "start" | "end" | "confidence" | "speaker" | "language",
    unknown
  >
>;

const isObject = (value: unknown): value is Given => typeof value === "object" && value !== null;

/**
 * Reads the usable entries of a Deepgram `words` array, which may come in parts, in its order. A word
 * without a start begins where the one before it ended, the first at `from` seconds.
 */
export function wordReader(from: number): (words: readonly unknown[]) => SpokenWord[] {
  let clock = from;
  return (words) => {
    const spoken: SpokenWord[] = [];
    for (const word of words) {
      if (!isObject(word)) continue;
      const shown = text(word.punctuated_word) || text(word.word);
      if (shown === "") continue;
      const start = time(word.start) ?? clock;
      const end = Math.max(start, time(word.end) ?? start);
      clock = end;
      spoken.push({
        word: { text: shown, start, end, confidence: probability(word.confidence) },
        speaker: index(word.speaker),
        language: text(word.language) || null,
      });
    }
    return spoken;
  };
}

/** The usable entries of a whole Deepgram `words` array. */
export function spokenWords(words: unknown, from: number): SpokenWord[] {
  return wordReader(from)(list(words));
}
