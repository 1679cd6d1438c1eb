import { tokens } from "../search/tokens.ts";
import { cleanText } from "./clean-text.ts";
import { endOf } from "./scripts.ts";
import type { Segment, Word } from "./segment.ts";
import { keyedWords, meetings, speechTimes, wordPlaces } from "./words-in-text.ts";

/** Longer segments are cut: without punctuation Deepgram takes minutes of speech for one sentence. */
const MAX_CHARS = 600;
/** No part becomes shorter. */
const MIN_CHARS = 150;
/** What a break is worth beside a pause, in seconds. */
const PHRASE_SECONDS = 0.3;
const SENTENCE_SECONDS = 1;
const SPACE_OR_END = /[\s。！？、，]/;

/**
 * Parts of a long segment, cut where words pause longest, at a sentence or phrase end if there is one.
 * Where the words do not spell the text it is cut before words that both have, else by length.
 */
export function cutLong(segment: Segment): Segment[] {
  if (segment.text.length <= MAX_CHARS) return [segment];
  const text = cleanText(segment.text);
  if (text.length <= MAX_CHARS) return [segment];
  const parts = partsOf(segment, text);
  if (segment.text.endsWith("\n")) parts[parts.length - 1]!.text += "\n";
  return parts;
}

function partsOf(segment: Segment, text: string): Segment[] {
  const { words } = segment;
  if (words.length === 0) return cutText(segment, text);
  const places = wordPlaces(words, text)?.map(({ from }) => from);
  const parts = cutAtWords(segment, text, places ?? sharedPlaces(words, text));
  if (places !== undefined) return parts;
  return parts.flatMap((part) =>
    part.text.length <= MAX_CHARS ? [part] : cutText(part, cleanText(part.text)),
  );
}

/** Where the words begin that both have, in a text that spells others otherwise; null for the others. */
function sharedPlaces(words: readonly Word[], text: string): (number | null)[] {
  const said = tokens(text);
  const keyed = keyedWords(words);
  const places = new Map<Word, number>();
  for (const { word, token } of meetings(keyed, said)) {
    const found = keyed[word];
    const from = said[token]?.from;
    if (found === undefined || from === undefined) continue;
    // What opens a word, such as a quotation mark, stands behind the space.
    const space = text.indexOf(" ", said[token - 1]?.to ?? 0);
    places.set(found.word, space !== -1 && space < from ? space + 1 : from);
  }
  return words.map((word) => places.get(word) ?? null);
}

/** `places` tells where each word begins in the text, as far as that is known. */
function cutAtWords(segment: Segment, text: string, places: readonly (number | null)[]): Segment[] {
  const { words } = segment;
  const last = words.length;
  const begins = [0, ...places.slice(1), text.length];
  const ends: number[] = [];
  const spans: [from: number, to: number][] = [[0, last]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span;
    const at = bestBreak(words, begins, from, to);
    if (at === null) ends.push(to);
    else spans.push([at, to], [from, at]);
  }
  return ends.map((to, i) => {
    const from = ends[i - 1] ?? 0;
    const own = words.slice(from, to);
    return {
      ...segment,
      start:
        from === 0
          ? segment.start
          : own.reduce((least, { start }) => Math.min(least, start), Infinity),
      end: to === last ? segment.end : own.reduce((most, { end }) => Math.max(most, end), 0),
      text: text.slice(begins[from]!, begins[to]!).trim(),
      words: own,
    };
  });
}

/** The word before which a span of words is cut; null where it is short enough, or cannot be. */
function bestBreak(
  words: readonly Word[],
  begins: readonly (number | null)[],
  from: number,
  to: number,
): number | null {
  const begin = begins[from]!;
  const end = begins[to]!;
  if (end - begin <= MAX_CHARS) return null;
  let best: number | null = null;
  let most = -Infinity;
  for (let at = from + 1; at < to; at++) {
    const place = begins[at] ?? null;
    if (place === null || place - begin < MIN_CHARS || end - place < MIN_CHARS) continue;
    const ended = endOf(words[at - 1]!.text);
    const worth = ended === "sentence" ? SENTENCE_SECONDS : ended === "phrase" ? PHRASE_SECONDS : 0;
    const pause = worth + Math.max(0, words[at]!.start - words[at - 1]!.end);
    // Of equal pauses the one closest to the middle: none is cut into many small parts.
    const offset = Math.abs(place - (begin + end) / 2) / (end - begin);
    if (pause - offset / 10 > most) {
      most = pause - offset / 10;
      best = at;
    }
  }
  return best;
}

/** Text that no words spell, its time spread evenly over it; words go to the part of their time. */
function cutText(segment: Segment, text: string): Segment[] {
  const { words } = segment;
  const timesOf = speechTimes(segment, text);
  const parts: Segment[] = [];
  let from = 0;
  let bare = 0;
  let given = 0;
  while (from < text.length) {
    const to = endOfPart(text, from);
    const part = text.slice(from, to).trim();
    from = to;
    if (part === "") continue;
    const length = part.replaceAll(" ", "").length;
    const times = timesOf(bare, bare + length);
    const isLast = from >= text.length;
    let until = given;
    while (until < words.length && (isLast || words[until]!.start < times.end)) until++;
    parts.push({ ...segment, ...times, text: part, words: words.slice(given, until) });
    [bare, given] = [bare + length, until];
  }
  return parts;
}

/** Behind the last sentence of up to 600 characters, else at the last space, else between characters. */
function endOfPart(text: string, from: number): number {
  if (text.length - from <= MAX_CHARS) return text.length;
  let space = -1;
  for (let at = from + MAX_CHARS; at > from + MIN_CHARS; at--) {
    if (!SPACE_OR_END.test(text[at - 1]!)) continue;
    if (space === -1) space = at;
    if (endOf(text.slice(Math.max(from, at - 8), at)) === "sentence") return at;
  }
  if (space !== -1) return space;
  const last = from + MAX_CHARS;
  return text.codePointAt(last - 1)! > 0xffff ? last - 1 : last;
}
