import type { SpokenWord, Turn } from "./speech.ts";

const GRAINS_A_SECOND = 1000;

const later = (time: number, bySeconds: number): number =>
  Math.round((time + bySeconds) * GRAINS_A_SECOND) / GRAINS_A_SECOND;

/** The same words said `bySeconds` later, on times of whole milliseconds. */
export const shifted = (turn: Turn, bySeconds: number): Turn => ({
  ...turn,
  words: turn.words.map(
    (word): SpokenWord => ({
      ...word,
      start: later(word.start, bySeconds),
      end: later(word.end, bySeconds),
    }),
  ),
});
