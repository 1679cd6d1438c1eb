import { groupSegments } from "./group-segments.ts";
import { type Origin, wordGrouper } from "./group-words.ts";
import type { Segment } from "./segment.ts";
import type { SpokenWord } from "./spoken-words.ts";
import type { Sentence } from "./timed-sentences.ts";

/** Brings the words of a channel together with its sentences; both come bit by bit. */
export type SentenceMatcher = {
  /** The next words, once those before are used up. */
  give: (words: readonly SpokenWord[]) => void;
  /** No more words will be given. */
  end: () => void;
  /**
   * Segments of the next sentence and of the words outside before it. Where that takes words yet to
   * be given, `isDone` is false, and the same sentence is to be asked for again.
   */
  match: (sentence: Sentence) => { isDone: boolean; found: Segment[] };
  /** Segments of the words given, when there are no more sentences. */
  rest: () => Segment[];
  /** How many words wait for their sentence to be complete. */
  held: () => number;
};

/**
 * Words go to the sentence in whose time their middle lies; those outside every sentence are grouped
 * by themselves, apart before and after a sentence.
 */
export function sentenceMatcher(origin: Origin): SentenceMatcher {
  const outside = wordGrouper(origin);
  let given: readonly SpokenWord[] = [];
  let next = 0;
  let isLast = false;
  let claimed: SpokenWord[] = [];

  /** Whether the sentence has all words it can get. */
  function claim({ start, end }: Sentence, found: Segment[]): boolean {
    for (; next < given.length; next++) {
      const candidate = given[next]!;
      const middle = (candidate.word.start + candidate.word.end) / 2;
      if (middle > end) return true;
      if (middle < start) found.push(...outside.push([candidate]));
      else claimed.push(candidate);
    }
    return isLast;
  }

  return {
    give(words) {
      given = words;
      next = 0;
    },
    end() {
      isLast = true;
    },
    match(sentence) {
      const found: Segment[] = [];
      const isDone = claim(sentence, found);
      if (!isDone) return { isDone, found };
      found.push(...outside.end(), ...sentenceSegments(sentence, claimed, origin));
      claimed = [];
      return { isDone, found };
    },
    rest() {
      const left = outside.push(given.slice(next));
      next = given.length;
      return isLast ? [...left, ...outside.end()] : left;
    },
    held: () => claimed.length,
  };
}

function sentenceSegments(
  sentence: Sentence,
  claimed: readonly SpokenWord[],
  origin: Origin,
): Segment[] {
  return groupSegments({ ...sentence, language: null }, claimed, origin);
}
