import { cleanText } from "../segments/clean-text.ts";
import { timeQueue } from "../segments/merge-by-time.ts";
import type { SegmentSource } from "../segments/segment.ts";
import { type Hit, hitIn, type Match, type Passage, passage } from "./passage.ts";
import { joinTokens, tokens } from "./tokens.ts";

const MOST_OPEN_CHANNELS = 100;

/**
 * Where the words of a query are said one after another on a channel, in segments given in order of
 * time. Case, accents, punctuation, apostrophes, the grouping of digits and borders of segments do not
 * matter; words match as a whole, or any run of characters in scripts that set no spaces. Hits on one
 * channel do not overlap, the one that ends first counts. A query without letters and numbers has none.
 *
 * Hits come in order of `start`, unless more than 4,096 have to wait for one that may yet turn out to
 * have begun earlier. A match can be begun on at most 100 channels at once.
 */
export function search(segments: SegmentSource, query: string): AsyncGenerator<Hit> {
  const text = cleanText(query);
  const all = tokens(text);
  const keysOf = (tokens: readonly { key: string }[]) => tokens.map(({ key }) => key);
  const sought = { spelled: phrase(keysOf(all)), joined: phrase(keysOf(joinTokens(text, all))) };
  return searchFor(segments, sought);
}

/** The same for what the automatons of a query look for. */
export async function* searchFor(segments: SegmentSource, sought: Sought): AsyncGenerator<Hit> {
  if (sought.spelled.length === 0) return;
  const queue = timeQueue<Hit>(({ start }) => start);
  const open = new Map<number, ChannelSearch>();
  for await (const segment of segments) {
    const { channel } = segment;
    const searched = open.get(channel) ?? channelSearch(sought);
    const since = earliest(open.values(), segment.start);
    for (const due of queue.take(since)) yield due;
    for (const match of searched.read(passage(segment))) {
      queue.add(hitIn(match));
      for (const due of queue.take(since)) yield due;
    }
    open.delete(channel);
    if (searched.openSince() !== undefined) open.set(channel, searched);
    if (open.size > MOST_OPEN_CHANNELS) open.delete(open.keys().next().value!);
  }
  for (const hit of queue.take(Infinity)) yield hit;
}

/** Before this no hit can start any more: later segments start at `time` or after. */
function earliest(open: Iterable<ChannelSearch>, time: number): number {
  let earliest = time;
  for (const { openSince } of open) earliest = Math.min(earliest, openSince() ?? time);
  return earliest;
}

/** A sequence of tokens to look for. */
type Phrase = {
  length: number;
  /** How many of its first tokens have come, when `matched` of them had and `key` comes next. */
  advance: (matched: number, key: string) => number;
};

/**
 * The automaton of Knuth, Morris and Pratt (1977): linear in all tokens, whatever they repeat. With
 * `isPrefix` the last key is the beginning of a token; one that was met is then to be begun anew.
 */
export function phrase(keys: readonly string[], isPrefix = false): Phrase {
  const last = isPrefix ? keys.length - 1 : -1;
  const isMet = (key: string, at: number) =>
    at === last ? key.startsWith(keys[at]!) : key === keys[at];
  const fallback = new Int32Array(keys.length);
  const advance = (matched: number, key: string): number => {
    let length = matched;
    while (length > 0 && !isMet(key, length)) length = fallback[length - 1]!;
    return isMet(key, length) ? length + 1 : 0;
  };
  for (let i = 1; i < keys.length; i++) fallback[i] = advance(fallback[i - 1]!, keys[i]!);
  return { length: keys.length, advance };
}

const MOST_CHARS_WITHIN_A_MATCH = 50_000;

/** The search of one channel, between two of its segments. */
export type ChannelSearch = {
  /** Reads the next segment; matches come in the order of the text. */
  read: (passage: Passage) => Generator<Match>;
  /** Where the segment starts in which a match may have begun, in seconds; undefined if in none. */
  openSince: () => number | undefined;
};

/** Words one after another as they are spelled, and joined over apostrophes and the grouping of digits. */
type Sought = { spelled: Phrase; joined: Phrase };

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
