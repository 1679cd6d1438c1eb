import { wordPlaces } from "../slice/word-places.ts";
import { cleanText } from "./clean-text.ts";
import type { Segment, Word } from "./segment.ts";
import { endOf } from "./sentence-end.ts";
import { speechTimes } from "./speech-times.ts";

/** Longer segments are cut: without punctuation Deepgram takes minutes of speech for one sentence. */
const MAX_CHARS = 600;
/** No part becomes shorter. */
const MIN_CHARS = 150;
/** What a break is worth beside a pause, in seconds. */
const PHRASE_SECONDS = 0.3;
const SENTENCE_SECONDS = 1;
const SPACE_OR_END = /[\s。！？、，]/;

/** Parts of a long segment, cut where words pause longest, at a sentence or phrase end if there is one. */
export function cutLong(segment: Segment): Segment[] {
  if (segment.text.length <= MAX_CHARS) return [segment];
  const text = cleanText(segment.text);
  if (text.length <= MAX_CHARS) return [segment];
  if (segment.words.length === 0) return cutText(segment, text);
  const places = wordPlaces(segment.words, text);
  if (places === null) return [segment];
  const { words } = segment;
  const ends: number[] = [];
  const spans: [from: number, to: number][] = [[0, words.length]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span;
    const at = bestBreak(words, places, from, to);
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
      end:
        to === words.length ? segment.end : own.reduce((most, { end }) => Math.max(most, end), 0),
      text: text.slice(places[from]!.from, places[to - 1]!.to).trim(),
      words: own,
    };
  });
}

type Places = NonNullable<ReturnType<typeof wordPlaces>>;

/** The word before which a span of words is cut; null where it is short enough, or cannot be. */
function bestBreak(
  words: readonly Word[],
  places: Places,
  from: number,
  to: number,
): number | null {
  const begin = places[from]!.from;
  const end = places[to - 1]!.to;
  if (end - begin <= MAX_CHARS) return null;
  let best: number | null = null;
  let most = -Infinity;
  for (let at = from + 1; at < to; at++) {
    const place = places[at]!;
    if (place.from - begin < MIN_CHARS || end - place.from < MIN_CHARS) continue;
    const ended = endOf(words[at - 1]!.text);
    const worth = ended === "sentence" ? SENTENCE_SECONDS : ended === "phrase" ? PHRASE_SECONDS : 0;
    const pause = worth + Math.max(0, words[at]!.start - words[at - 1]!.end);
    // Of equal pauses the one closest to the middle: none is cut into many small parts.
    const offset = Math.abs(place.from - (begin + end) / 2) / (end - begin);
    if (pause - offset / 10 > most) {
      most = pause - offset / 10;
      best = at;
    }
  }
  return best;
}

/** Text without words, its time spread evenly over it. */
function cutText(segment: Segment, text: string): Segment[] {
  const timesOf = speechTimes(segment, text);
  const parts: Segment[] = [];
  let from = 0;
  let bare = 0;
  while (from < text.length) {
    const to = endOfPart(text, from);
    const part = text.slice(from, to).trim();
    from = to;
    if (part === "") continue;
    const length = part.replaceAll(" ", "").length;
    parts.push({ ...segment, ...timesOf(bare, bare + length), text: part });
    bare += length;
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
