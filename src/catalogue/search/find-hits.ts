import {
  type Hit,
  hitIn,
  type Match,
  type Passage,
  passage,
} from "../../transcript/search/passage.ts";
import {
  type ChannelSearch,
  channelSearch,
  phrase,
  searchFor,
} from "../../transcript/search/search.ts";
import type { SegmentSource } from "../../transcript/segments/segment.ts";
import type { Term } from "./terms.ts";

const MAX_HITS = 3;
const MAX_MATCH_CHARS = 240;
const MAX_OPEN_CHANNELS = 100;

/**
 * Where terms are said in a transcript, at most three places in order of time; none unless all of them
 * are said in it. Of one term the first places; of several those segments that have most of them, in
 * each the narrowest. Of what is more than 240 characters (UTF-16 units) wide the beginning is shown.
 */
export async function findHits(segments: SegmentSource, terms: readonly Term[]): Promise<Hit[]> {
  const sought = soughtBy(terms);
  const hits: Hit[] = [];
  if (sought.length === 1) {
    for await (const hit of searchFor(segments, sought[0]!)) {
      if (hits.push(inMilliseconds(hit)) === MAX_HITS) break;
    }
    return hits;
  }
  const open = new Map<number, ChannelSearch[]>();
  const said = new Set<number>();
  let best: Place[] = [];
  for await (const segment of segments) {
    const current = passage(segment);
    const { channel } = segment;
    const searches = open.get(channel) ?? sought.map(channelSearch);
    const found = searches.flatMap((search, term) =>
      Array.from(search.read(current), (match) => ({ term, match })),
    );
    open.delete(channel);
    if (searches.some(({ openSince }) => openSince() !== undefined)) open.set(channel, searches);
    if (open.size > MAX_OPEN_CHANNELS) open.delete(open.keys().next().value!);
    if (found.length === 0) continue;
    const ofTerms = new Set(found.map(({ term }) => term));
    for (const term of ofTerms) said.add(term);
    const least = best.length < MAX_HITS ? 0 : best.at(-1)!.terms;
    if (ofTerms.size <= least) continue;
    best.push({ terms: ofTerms.size, match: narrowest(found, ofTerms.size, current) });
    best = best.sort((a, b) => b.terms - a.terms).slice(0, MAX_HITS);
    if (best.length === MAX_HITS && best.at(-1)!.terms === terms.length) break;
  }
  if (said.size < terms.length) return [];
  return best.map(({ match }) => inMilliseconds(hitIn(match))).sort((a, b) => a.start - b.start);
}

const soughtBy = (terms: readonly Term[]) =>
  terms.map(({ keys, joined, isPrefix }) => ({
    spelled: phrase(keys, isPrefix),
    joined: phrase(joined, isPrefix),
  }));

/** The text of a hit in parts, those marked in which one of the terms is said. */
export function markTerms(
  text: string,
  terms: readonly Term[],
): { text: string; isMarked: boolean }[] {
  const alone = { start: 0, end: 0, channel: 0, speaker: null, language: null, text, words: [] };
  const current = passage(alone);
  const matches = soughtBy(terms)
    .flatMap((each) => Array.from(channelSearch(each).read(current)))
    .sort((a, b) => a.from - b.from);
  const parts: { text: string; isMarked: boolean }[] = [];
  let done = 0;
  const add = (to: number, isMarked: boolean) => {
    if (to > done) parts.push({ text: current.text.slice(done, to), isMarked });
    done = Math.max(done, to);
  };
  for (const { from, to } of matches) {
    add(current.tokens[from]!.from, false);
    add(current.tokens[to]!.to, true);
  }
  add(current.text.length, false);
  return parts;
}

/** Without what binary fractions add to the times. */
function inMilliseconds(hit: Hit): Hit {
  const rounded = (seconds: number) => Math.round(seconds * 1_000) / 1_000;
  return { ...hit, start: rounded(hit.start), end: rounded(hit.end) };
}

type Place = {
  /** How many of the terms are said there. */
  terms: number;
  match: Match;
};

type Found = { term: number; match: Match };

/** The narrowest part of the last passage that has a match of each term; the first of equal ones. */
function narrowest(found: Found[], terms: number, { tokens }: Passage): Match {
  const latest = new Map<number, Match>();
  let best = { match: found[0]!.match, width: Infinity };
  for (const { term, match } of found.toSorted((a, b) => a.match.to - b.match.to)) {
    latest.set(term, match);
    if (latest.size < terms) continue;
    const first = [...latest.values()].reduce((a, b) => (beginOf(b) < beginOf(a) ? b : a));
    const width = match.to - beginOf(first);
    if (width < best.width) best = { match: { ...first, to: match.to }, width };
  }
  const { match } = best;
  if (match.passages.length > 1) return match;
  const end = tokens[match.from]!.from + MAX_MATCH_CHARS;
  const beyond = tokens.findIndex((token) => token.to > end);
  return beyond === -1
    ? match
    : { ...match, to: Math.max(match.from, Math.min(match.to, beyond - 1)) };
}

/** The first token of a match in the last passage; before all where it began in an earlier one. */
const beginOf = ({ passages, from }: Match): number => (passages.length > 1 ? -1 : from);
