import { field, index, list, text, time } from "./fields.ts";

/** A sentence of a Deepgram paragraph. Times are seconds from the start of the audio. */
export type Sentence = { text: string; start: number; end: number; speaker: number | null };

/**
 * The sentences with text of some of Deepgram's `paragraphs.paragraphs`. Null where one of them is
 * untimed: words could not be told apart from it and would come twice.
 */
export function timedSentences(paragraphs: readonly unknown[]): Sentence[] | null {
  const sentences: Sentence[] = [];
  for (const paragraph of paragraphs) {
    const speaker = index(field(paragraph, "speaker"));
    for (const raw of list(field(paragraph, "sentences"))) {
      const shown = text(field(raw, "text"));
      if (shown === "") continue;
      const start = time(field(raw, "start"));
      const end = time(field(raw, "end"));
      if (start === null || end === null) return null;
      sentences.push({ text: shown, start, end: Math.max(start, end), speaker });
    }
  }
  return sentences;
}
