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

/**
 * Finds a phrase from left to right, its hits not overlapping. Only the segments that a match may have
 * begun in are kept: no more than the phrase has tokens, and 50,000 characters between both ends.
 */
export function channelSearch(sought: Phrase): ChannelSearch {
  let open: Passage[] = [];
  let charsOpen = 0;
  let tokensRead = 0;
  let matched = 0;
  const closeBefore = (token: number): void => {
    while (open.length > 0 && token >= open[0]!.firstToken + open[0]!.tokens.length) {
      charsOpen -= open.shift()!.text.length;
    }
  };
  return {
    *read(segment) {
      const current = passage(segment, tokensRead);
      if (current.tokens.length === 0) return;
      open.push(current);
      charsOpen += current.text.length;
      for (const { key } of current.tokens) {
        matched = sought.advance(matched, key);
        tokensRead++;
        if (matched < sought.length) continue;
        closeBefore(tokensRead - matched);
        const from = tokensRead - matched - open[0]!.firstToken;
        yield hitIn(open, from, tokensRead - 1 - current.firstToken);
        matched = 0;
      }
      closeBefore(tokensRead - matched);
      const between = charsOpen - (open[0]?.text.length ?? 0) - current.text.length;
      if (between > MOST_CHARS_WITHIN_A_MATCH) {
        open = [];
        charsOpen = 0;
        matched = 0;
      }
    },
    openSince: () => open[0]?.segment.start,
  };
}
