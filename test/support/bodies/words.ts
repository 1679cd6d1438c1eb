import { joinerOf } from "./lines.ts";
import type { ListenWord } from "./listen-body.ts";
import type { ListenOptions } from "./options.ts";
import type { SpokenWord, Turn } from "./speech.ts";

export const punctuates = (options: ListenOptions): boolean =>
  [options.punctuate, options.smartFormat, options.paragraphs].includes(true);

/** The words of a turn as `words[]` has them. */
export const listenWords = (turn: Turn, options: ListenOptions): ListenWord[] =>
  turn.words.map((word) => ({
    word: word.spoken,
    start: word.start,
    end: word.end,
    confidence: word.confidence,
    ...(options.language === "multi" && { language: turn.language }),
    ...(options.diarize && { speaker: turn.speaker, speaker_confidence: turn.speakerConfidence }),
    ...(punctuates(options) && { punctuated_word: word.written }),
  }));

/** Words in a row, joined as their script does. */
export const textOf = (words: SpokenWord[], options: ListenOptions): string =>
  words
    .map((word) => (punctuates(options) ? word.written : word.spoken))
    .join(joinerOf(options.language ?? "en"));
