import { isSame, LATER_WORDS, MAX_SHOWN, REACH_SECONDS } from "./match-words.ts";
import type { SpokenWord } from "./spoken-words.ts";
import type { WordGroup } from "./word-groups.ts";

/** A part of a channel's words, in which groups are looked for, one after another. */
export type WordWindow = {
  /** Whether words are needed that were forgotten. */
  isPast: (group: WordGroup) => boolean;
  /** Whether the words given are enough. */
  isReady: (group: WordGroup) => boolean;
  give: (words: readonly SpokenWord[]) => void;
  end: () => void;
  /** Whether at least half of the words are there that a group lists. */
  has: (group: WordGroup) => boolean;
};

/** Forgets the words before the last group looked for. */
export function wordWindow(): WordWindow {
  let words: SpokenWord[] = [];
  let isLast = false;
  let from = -Infinity;
  return {
    isPast: ({ start }) => start < from,
    isReady: ({ end }) => {
      const later = words.slice(-LATER_WORDS);
      const isOver = later.every(
        ({ word, isTimed }) => isTimed && word.start > end + REACH_SECONDS,
      );
      const isEnough = later.length === LATER_WORDS && isOver;
      return isLast || isEnough || words.length >= MAX_SHOWN;
    },
    give(more) {
      words.push(...more);
    },
    end() {
      isLast = true;
    },
    has(group) {
      from = group.start;
      const early = words.findIndex(
        ({ word, isTimed }) => !isTimed || word.end >= from - REACH_SECONDS,
      );
      words = early === -1 ? [] : words.slice(early);
      const found = group.words.filter((listed) => words.some((word) => isSame(word, listed)));
      return found.length >= group.words.length / 2;
    },
  };
}
