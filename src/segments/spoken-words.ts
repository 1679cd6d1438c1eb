import { field, index, list, probability, text, time } from "./fields.ts";
import type { Word } from "./segment.ts";

/** A word with what Deepgram says of it alone: `words[].speaker`, and `.language` with language=multi. */
export type SpokenWord = { word: Word; speaker: number | null; language: string | null };

/**
 * The usable entries of a Deepgram `words` array, in its order. A word without a start begins where
 * the one before it ended, the first at `from` seconds.
 */
export function spokenWords(words: unknown, from: number): SpokenWord[] {
  const spoken: SpokenWord[] = [];
  let clock = from;
  for (const raw of list(words)) {
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
}
