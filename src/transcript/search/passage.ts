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
