import { tokens } from "../transcript/search/tokens.ts";
import { cleanText } from "../transcript/segments/clean-text.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { speechTimes } from "../transcript/segments/speech-times.ts";
import { toSteps } from "./steps.ts";

const MAX_PIECE_CHARS = 4_000;

/** What belongs to the character before it. */
const GOES_ON = /[\p{M}\p{Cf}\u{DC00}-\u{DFFF}]/u;

/** What is found as one: a segment, or a part of a very long one. */
export type Piece = {
  /** The keys of its tokens, with spaces between them. */
  keys: string;
  /** On one line. */
  text: string;
  channel: number;
  speaker: number | null;
  /** Start and end of every token, as `toSteps` writes them. */
  times: number[];
};

/**
 * A segment as the search over all transcripts keeps it, cut at spaces into pieces of at most 4,000
 * characters (UTF-16 units). Pieces without a letter or number are left out.
 */
export function* pieces(segment: Segment): Generator<Piece> {
  const { channel, speaker } = segment;
  const whole = cleanText(segment.text);
  const timesOf = speechTimes(segment, whole);
  let bareFrom = 0;
  for (const part of parts(whole)) {
    const found = tokens(part);
    const moments = found.flatMap((token) => {
      const from = bareFrom + token.bareFrom;
      const { start, end } = timesOf(from, from + token.to - token.from);
      return [start, end];
    });
    bareFrom += part.replaceAll(" ", "").length;
    if (found.length === 0) continue;
    const keys = found.map(({ key }) => key).join(" ");
    const text = part.trim().toWellFormed();
    yield { keys, text, channel, speaker, times: toSteps(moments) };
  }
}

/** Text cut after spaces; where there is none in the second half of a part, before any character. */
function* parts(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > MAX_PIECE_CHARS) {
    const half = from + MAX_PIECE_CHARS / 2;
    const space = text.lastIndexOf(" ", from + MAX_PIECE_CHARS - 1) + 1;
    let to = space > half ? space : from + MAX_PIECE_CHARS;
    while (to > half && GOES_ON.test(text[to]!)) to--;
    yield text.slice(from, to);
    from = to;
  }
  yield text.slice(from);
}
