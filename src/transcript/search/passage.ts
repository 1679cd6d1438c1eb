import { cleanText } from "../segments/clean-text.ts";
import type { Segment } from "../segments/segment.ts";
import { type SpeechTimes, speechTimes } from "../segments/speech-times.ts";
import { type JoinedToken, joinTokens, type Token, tokens } from "./tokens.ts";

/** A segment as it is searched. */
export type Passage = {
  segment: Segment;
  /** On one line. */
  text: string;
  tokens: readonly Token[];
  /** The same, joined over apostrophes and the grouping of digits. */
  joined: readonly JoinedToken[];
  /** The place of its first token among all those of its channel. */
  firstToken: number;
  /** Seconds. Tokens must be asked for in their order. */
  timesOf: (token: Token) => { start: number; end: number };
};

/** A segment made ready for the search. */
export function passage(segment: Segment, firstToken: number): Passage {
  const text = cleanText(segment.text);
  const found = tokens(text);
  let times: SpeechTimes | undefined;
  return {
    segment,
    text,
    tokens: found,
    joined: joinTokens(text, found),
    firstToken,
    timesOf({ from, to, bareFrom }) {
      times ??= speechTimes(segment, text);
      return times(bareFrom, bareFrom + to - from);
    },
  };
}
