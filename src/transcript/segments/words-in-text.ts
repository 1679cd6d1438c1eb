import { type Token, tokens } from "../search/tokens.ts";
import { cleanText } from "./clean-text.ts";
import type { Segment, Word } from "./segment.ts";

const PLAIN_WORD = /^[!-~]+$/;

type Span = { start: number; end: number; length: number };

/** When the characters `from` to `to` of a segment are spoken, in seconds. */
export type SpeechTimes = (from: number, to: number) => { start: number; end: number };

/**
 * Times of stretches of a segment's clean text, by the words' times if the words spell that text, else
 * spread evenly over the segment. Characters are UTF-16 units, white space not counted; every call
 * must begin no earlier in the text than the one before.
 */
export function speechTimes(segment: Segment, text: string): SpeechTimes {
  const bare = withoutSpace(text);
  const spans = wordSpans(segment, bare) ?? [
    { start: segment.start, end: segment.end, length: bare.length },
  ];
  let current = 0;
  let before = 0;
  const moment = (i: number, begin: number, offset: number): number => {
    const { start, end, length } = spans[i]!;
    const at = start + ((end - start) * (offset - begin)) / length;
    return Math.min(segment.end, Math.max(segment.start, at));
  };
  return (from, to) => {
    while (current < spans.length - 1 && before + spans[current]!.length <= from) {
      before += spans[current++]!.length;
    }
    const start = moment(current, before, from);
    let last = current;
    let begin = before;
    while (last < spans.length - 1 && begin + spans[last]!.length < to) {
      begin += spans[last++]!.length;
    }
    return { start, end: Math.max(start, moment(last, begin, to)) };
  };
}

function wordSpans(segment: Segment, bare: string): Span[] | undefined {
  const spans: Span[] = [];
  let offset = 0;
  for (const { text, start, end } of segment.words) {
    const spelled = spelling(text, bare, offset);
    if (spelled === undefined) return undefined;
    if (spelled > 0) spans.push({ start, end, length: spelled });
    offset += spelled;
  }
  return offset === bare.length && spans.length > 0 ? spans : undefined;
}

/** How much of `bare` a word spells from `offset` on; undefined when it spells something else. */
function spelling(word: string, bare: string, offset: number): number | undefined {
  // Most words are plain: to clean them takes longer than all the rest.
  if (PLAIN_WORD.test(word) && bare.startsWith(word, offset)) return word.length;
  const spelled = withoutSpace(cleanText(word));
  return bare.startsWith(spelled, offset) ? spelled.length : undefined;
}

/** White space is what counts for no time. */
export function withoutSpace(text: string): string {
  return text.includes(" ") ? text.replaceAll(" ", "") : text;
}

/** Where a word stands in a text: `from` up to but without `to`, in UTF-16 units. */
export type Place = { from: number; to: number };

/**
 * Where each word stands in clean text, that may set other spaces than the words; null if the words do
 * not spell it.
 */
export function wordPlaces(words: readonly Word[], text: string): Place[] | null {
  const places: Place[] = [];
  let at = 0;
  for (const word of words) {
    const place = placeOf(cleanText(word.text).replaceAll(" ", ""), text, at);
    if (place === null) return null;
    places.push(place);
    at = place.to;
  }
  return at === text.length ? places : null;
}

function placeOf(spelled: string, text: string, after: number): Place | null {
  if (spelled === "") return { from: after, to: after };
  let to = after;
  let from = -1;
  for (let i = 0; i < spelled.length; i++, to++) {
    while (text[to] === " ") to++;
    if (text[to] !== spelled[i]) return null;
    if (from < 0) from = to;
  }
  return { from, to };
}

/** How many words two spellings may be apart before they meet again. */
const MAX_APART = 24;

/** A word as it is compared: its folded tokens, at least one. */
export type KeyedWord = { word: Word; keys: readonly string[] };

/** Where a word and a text are alike, or where both end. */
type Meeting = {
  /** The index of the word, and of its first token in the text. */
  word: number;
  token: number;
  /** How many words, and how many tokens of the text, stand between it and the meeting before. */
  skipped: number;
  apart: number;
};

/** The words that have a letter or a digit. */
export const keyedWords = (words: readonly Word[]): KeyedWord[] =>
  words
    .map((word) => ({ word, keys: tokens(cleanText(word.text)).map(({ key }) => key) }))
    .filter(({ keys }) => keys.length > 0);

/**
 * Where words meet a text that writes some of them otherwise, in order. Ends where they stay apart for
 * more than 24 words.
 */
export function* meetings(words: readonly KeyedWord[], said: readonly Token[]): Generator<Meeting> {
  let token = 0;
  for (let word = 0; word < words.length; word++) {
    const meeting = nextMeeting(words, word, said, token);
    if (meeting === null) return;
    yield meeting;
    word = meeting.word;
    token = meeting.token + (words[word]?.keys.length ?? 0);
  }
}

function nextMeeting(
  words: readonly KeyedWord[],
  next: number,
  said: readonly Token[],
  at: number,
): Meeting | null {
  for (let sum = 0; sum <= MAX_APART; sum++) {
    for (let apart = 0; apart <= sum; apart++) {
      const [word, token, skipped] = [next + sum - apart, at + apart, sum - apart];
      const isEnd = token === said.length && word === words.length;
      const isMet = words[word]?.keys.every((key, i) => said[token + i]?.key === key) ?? isEnd;
      if (isMet) return { word, token, skipped, apart };
    }
  }
  return null;
}
