import type { Segment } from "../segments/segment.ts";
import { type Hit, hitIn } from "./hit.ts";
import { type Passage, passage } from "./passage.ts";
import type { Phrase } from "./phrase.ts";

const MOST_CHARS_WITHIN_A_MATCH = 50_000;

/** The search of one channel, between two of its segments. */
export type ChannelSearch = {
  /** Reads the next segment; hits come in the order of the text. */
  read: (segment: Segment) => Generator<Hit>;
  /** Where the segment starts in which a match may have begun, in seconds; undefined if in none. */
  openSince: () => number | undefined;
};

/** A query as it is spelled, and joined over apostrophes and the grouping of digits. */
export type Sought = { spelled: Phrase; joined: Phrase };

/**
 * Finds a phrase from left to right, its hits not overlapping: its tokens as they are spelled, or as
 * they are joined. Only the segments that a match may have begun in are kept: no more than the phrase
 * has tokens, and 50,000 characters between both ends.
 */
export function channelSearch({ spelled, joined }: Sought): ChannelSearch {
  let open: Passage[] = [];
  let charsOpen = 0;
  let tokensRead = 0;
  let matched = 0;
  let matchedJoined = 0;
  /** Where the last joined tokens began, as many as the phrase has, the newest last. */
  let begins: number[] = [];
  /** The first token after the last hit. */
  let free = 0;
  const closeBefore = (token: number): void => {
    while (open.length > 0 && token >= open[0]!.firstToken + open[0]!.tokens.length) {
      charsOpen -= open.shift()!.text.length;
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
    *read(segment) {
      const current = passage(segment, tokensRead);
      if (current.tokens.length === 0) return;
      open.push(current);
      charsOpen += current.text.length;
      let next = 0;
      for (const [index, { key }] of current.tokens.entries()) {
        matched = spelled.advance(matched, key);
        tokensRead++;
        let from = matched === spelled.length ? tokensRead - matched : Infinity;
        const word = current.joined[next]!;
        if (word.last === index) {
          next++;
          const begin = current.firstToken + word.first;
          // A word of which a part is in the last hit is in no other.
          matchedJoined = begin < free ? 0 : joined.advance(matchedJoined, word.key);
          begins.push(begin);
          if (begins.length > joined.length) begins.shift();
          if (matchedJoined === joined.length) from = Math.min(from, begins[0]!);
        }
        if (from === Infinity) continue;
        closeBefore(from);
        yield hitIn(open, from - open[0]!.firstToken, index);
        forget();
        free = tokensRead;
      }
      closeBefore(earliest());
      const between = charsOpen - (open[0]?.text.length ?? 0) - current.text.length;
      if (between > MOST_CHARS_WITHIN_A_MATCH) {
        open = [];
        charsOpen = 0;
        forget();
      }
    },
    openSince: () => open[0]?.segment.start,
  };
}
