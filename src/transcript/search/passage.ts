import { cleanText } from "../segments/clean-text.ts";
import { sentenceSeparator } from "../segments/scripts.ts";
import type { Segment } from "../segments/segment.ts";
import { type SpeechTimes, speechTimes } from "../segments/words-in-text.ts";
import { isWordStart, type JoinedToken, joinTokens, type Token, tokens } from "./tokens.ts";

/** A segment as it is searched. */
export type Passage = {
  segment: Segment;
  /** On one line. */
  text: string;
  tokens: readonly Token[];
  /** The same, joined over apostrophes and the grouping of digits. */
  joined: readonly JoinedToken[];
  /** Seconds. */
  timesOf: (token: Token) => { start: number; end: number };
};

/** A segment made ready for the search. */
export function passage(segment: Segment): Passage {
  const text = cleanText(segment.text);
  const found = tokens(text);
  let times: SpeechTimes | undefined;
  /** Where the token began that was asked for last: `times` goes only forwards. */
  let last = 0;
  return {
    segment,
    text,
    tokens: found,
    joined: joinTokens(text, found),
    timesOf({ from, to, bareFrom }) {
      if (times === undefined || bareFrom < last) times = speechTimes(segment, text);
      last = bareFrom;
      return times(bareFrom, bareFrom + to - from);
    },
  };
}

const CONTEXT_CHARS = 80;

/** Where a query is said. Times are seconds from the start of the audio. */
export type Hit = {
  /** Of the first and of the last matching word. */
  start: number;
  end: number;
  channel: number;
  /** Who says the first matching word; null without diarization. */
  speaker: number | null;
  /** The match with up to 80 characters (UTF-16 units) of its segments on either side, cut at words. */
  text: string;
};

/**
 * Passages of a channel that follow one another, a token of the first and a token of the last, both by
 * their index there.
 */
export type Match = { passages: readonly Passage[]; from: number; to: number };

/** A match as it is shown. */
export function hitIn({ passages, from, to }: Match): Hit {
  const first = passages[0]!;
  const last = passages[passages.length - 1]!;
  const { start } = first.timesOf(first.tokens[from]!);
  const { end } = last.timesOf(last.tokens[to]!);
  const { channel, speaker } = first.segment;
  const parts = passages.map(({ text }) => text);
  parts.push(parts.pop()!.slice(0, contextEnd(last, to)));
  parts.unshift(parts.shift()!.slice(contextStart(first, from)));
  return { start, end: Math.max(start, end), channel, speaker, text: joined(parts).trimEnd() };
}

function joined(parts: readonly string[]): string {
  let text = "";
  let previous: string | undefined;
  for (const part of parts) {
    if (previous !== undefined) text += sentenceSeparator(previous, part);
    text += part;
    previous = part;
  }
  return text;
}

function contextStart({ text, tokens }: Passage, index: number): number {
  const match = tokens[index]!.from;
  if (match <= CONTEXT_CHARS) return 0;
  let start = match;
  for (let i = index - 1; i >= 0 && tokens[i]!.from >= match - CONTEXT_CHARS; i--) {
    if (isWordStart(text, tokens[i]!.from)) start = tokens[i]!.from;
  }
  return start;
}

function contextEnd({ text, tokens }: Passage, index: number): number {
  const match = tokens[index]!.to;
  if (text.length <= match + CONTEXT_CHARS) return text.length;
  let end = match;
  for (let i = index + 1; i < tokens.length && tokens[i]!.from <= match + CONTEXT_CHARS; i++) {
    if (isWordStart(text, tokens[i]!.from)) end = tokens[i]!.from;
  }
  return end;
}
