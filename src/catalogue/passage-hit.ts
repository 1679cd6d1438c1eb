import { type Hit, hitIn } from "../transcript/search/hit.ts";
import { type JoinedToken, joinTokens, type Token, tokens } from "../transcript/search/tokens.ts";
import { fromSteps } from "./steps.ts";
import type { Term } from "./terms.ts";

/** A piece without what only the index needs. */
export type Passage = { text: string; channel: number; speaker: number | null; times: number[] };

/** Tokens of a piece by their index, both ends included. */
type Span = { from: number; to: number };

const MAX_MATCH_CHARS = 240;

/**
 * Where a passage has all the terms closest together. A hit wider than 240 characters (UTF-16 units)
 * is cut to its beginning.
 */
export function passageHit({ text, channel, speaker, times }: Passage, sought: Term[]): Hit {
  const all = tokens(text);
  const moments = fromSteps(times);
  const timesOf = (token: Token) => {
    const index = 2 * all.indexOf(token);
    return { start: moments[index]!, end: moments[index + 1]! };
  };
  const segment = { start: 0, end: 0, channel, speaker, language: null, text, words: [] };
  const joined = joinTokens(text, all);
  const { from, to } = closest(all, joined, sought);
  const tooWide = all.findIndex((token) => token.to > all[from]!.from + MAX_MATCH_CHARS);
  const last = tooWide === -1 ? to : Math.max(from, Math.min(to, tooWide - 1));
  return hitIn([{ segment, text, tokens: all, joined, firstToken: 0, timesOf }], from, last);
}

/** The narrowest span of tokens that has every term; the leftmost of equal ones. */
function closest(
  all: readonly Token[],
  joined: readonly JoinedToken[],
  sought: readonly Term[],
): Span {
  const begins = new Map(joined.map(({ first }, index) => [first, index]));
  const latest = sought.map((): Span | undefined => undefined);
  let best: Span = { from: 0, to: all.length - 1 };
  all.forEach((_, from) => {
    sought.forEach((term, i) => {
      const { keys, isPrefix } = term;
      const begin = begins.get(from);
      if (isAt(all, from, keys, isPrefix)) latest[i] = { from, to: from + keys.length - 1 };
      else if (begin !== undefined && isAt(joined, begin, term.joined, isPrefix)) {
        latest[i] = { from, to: joined[begin + term.joined.length - 1]!.last };
      }
    });
    if (!latest.every((span) => span !== undefined)) return;
    const span = {
      from: Math.min(...latest.map((one) => one.from)),
      to: Math.max(...latest.map((one) => one.to)),
    };
    if (span.to - span.from < best.to - best.from) best = span;
  });
  return best;
}

function isAt(
  all: readonly { key: string }[],
  from: number,
  keys: readonly string[],
  isPrefix: boolean,
): boolean {
  return keys.every((key, i) => {
    const said = all[from + i]?.key;
    return isPrefix && i === keys.length - 1 ? said?.startsWith(key) : said === key;
  });
}
