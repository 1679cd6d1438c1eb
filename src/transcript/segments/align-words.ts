import { type Token, tokens } from "../search/tokens.ts";
import { cleanText } from "./clean-text.ts";
import type { Word } from "./segment.ts";

/** How many words two spellings may be apart before they meet again. */
const MAX_APART = 24;

/** A word as it is compared: its folded tokens, at least one. */
export type KeyedWord = { word: Word; keys: readonly string[] };

/** Where a word and a text are alike, or where both end. */
export type Meeting = {
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
