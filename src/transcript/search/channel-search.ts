import type { Match } from "./hit.ts";
import type { Passage } from "./passage.ts";
import type { Phrase } from "./phrase.ts";

const MOST_CHARS_WITHIN_A_MATCH = 50_000;

/** The search of one channel, between two of its segments. */
export type ChannelSearch = {
  /** Reads the next segment; matches come in the order of the text. */
  read: (passage: Passage) => Generator<Match>;
  /** Where the segment starts in which a match may have begun, in seconds; undefined if in none. */
  openSince: () => number | undefined;
};

/** Words one after another as they are spelled, and joined over apostrophes and the grouping of digits. */
export type Sought = { spelled: Phrase; joined: Phrase };

/** A segment, and the place of its first token among all those of its channel. */
type Open = { passage: Passage; firstToken: number };

/**
 * Finds a phrase from left to right, its matches not overlapping: its tokens as they are spelled, or as
 * they are joined. Only the segments that a match may have begun in are kept: no more than the phrase
 * has tokens, and 50,000 characters between both ends.
 */
export function channelSearch({ spelled, joined }: Sought): ChannelSearch {
  let open: Open[] = [];
  let charsOpen = 0;
  let tokensRead = 0;
  let matched = 0;
  let matchedJoined = 0;
  /** Where the last joined tokens began, as many as the phrase has, the newest last. */
  let begins: number[] = [];
  /** The first token after the last match. */
  let free = 0;
  const closeBefore = (token: number): void => {
    while (open.length > 0 && token >= open[0]!.firstToken + open[0]!.passage.tokens.length) {
      charsOpen -= open.shift()!.passage.text.length;
    }
  };
  const forget = (): void => {
    [matched, matchedJoined, begins] = [0, 0, []];
  };
  /** Where an open match began, or the next one would. */
  const earliest = (): number => {
    const ofJoined = matchedJoined === 0 ? tokensRead : begins.at(-matchedJoined)!;
    return Math.min(tokensRead - matched, ofJoined);
  };
  return {
    *read(current) {
      if (current.tokens.length === 0) return;
      const firstToken = tokensRead;
      open.push({ passage: current, firstToken });
      charsOpen += current.text.length;
      let next = 0;
      for (const [index, { key }] of current.tokens.entries()) {
        matched = spelled.advance(matched, key);
        tokensRead++;
        let from = matched === spelled.length ? tokensRead - matched : Infinity;
        const word = current.joined[next]!;
        if (word.last === index) {
          next++;
          const begin = firstToken + word.first;
          // A word of which a part is in the last match is in no other.
          matchedJoined = begin < free ? 0 : joined.advance(matchedJoined, word.key);
          begins.push(begin);
          if (begins.length > joined.length) begins.shift();
          if (matchedJoined === joined.length) from = Math.min(from, begins[0]!);
        }
        if (from === Infinity) continue;
        closeBefore(from);
        const passages = open.map(({ passage }) => passage);
        yield { passages, from: from - open[0]!.firstToken, to: index };
        forget();
        free = tokensRead;
      }
      closeBefore(earliest());
      const between = charsOpen - (open[0]?.passage.text.length ?? 0) - current.text.length;
      if (between > MOST_CHARS_WITHIN_A_MATCH) {
        open = [];
        charsOpen = 0;
        forget();
      }
    },
    openSince: () => open[0]?.passage.segment.start,
  };
}
