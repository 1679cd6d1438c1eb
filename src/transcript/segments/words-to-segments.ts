import { tokens } from "../search/tokens.ts";
import { cleanText } from "./clean-text.ts";
import { cutLong } from "./cut-long.ts";
import { endsSentence, joinWords } from "./scripts.ts";
import type { Segment } from "./segment.ts";
import type { SpokenWord, WordGroup } from "./spoken-words.ts";
import { type KeyedWord, keyedWords, meetings, wordPlaces } from "./words-in-text.ts";

const LONG_PAUSE_SECONDS = 0.8;
const ENOUGH_FOR_A_SENTENCE_CHARS = 40;
const MAX_SEGMENT_CHARS = 400;
const MAX_SEGMENT_SECONDS = 30;

/** Where words were spoken, and their language as far as no word tells its own. */
export type Origin = { channel: number; language: string | null };

type Group = {
  spoken: SpokenWord[];
  speaker: number | null;
  language: string | null;
  chars: number;
  start: number;
  end: number;
};

/** Makes segments of words that come bit by bit. */
type WordGrouper = {
  /** The segments that these words complete. */
  push: (words: readonly SpokenWord[]) => Segment[];
  /** The segment that the words until now leave, as if no more came. */
  end: () => Segment[];
};

/**
 * Segments from words alone: a new one at another speaker or language, after a pause of 0.8 s, after
 * a sentence of some length, on a new line, and at 400 characters or 30 seconds.
 */
export function wordGrouper(origin: Origin): WordGrouper {
  let group: Group | undefined;

  function end(): Segment[] {
    const left = group === undefined ? [] : [toSegment(group, origin)];
    group = undefined;
    return left;
  }

  function push(words: readonly SpokenWord[]): Segment[] {
    const segments: Segment[] = [];
    for (const next of words) {
      if (group !== undefined && startsAnew(group, next)) segments.push(...end());
      group ??= emptyGroup(next.word.start);
      add(group, next);
    }
    return segments;
  }

  return { push, end };
}

/** The segments of all the words of a stretch. */
export function groupWords(words: readonly SpokenWord[], origin: Origin): Segment[] {
  const grouper = wordGrouper(origin);
  return [...grouper.push(words), ...grouper.end()];
}

function emptyGroup(start: number): Group {
  return { spoken: [], speaker: null, language: null, chars: 0, start, end: 0 };
}

function startsAnew(group: Group, { word, speaker, language }: SpokenWord): boolean {
  const last = group.spoken[group.spoken.length - 1]?.word.text ?? "";
  return (
    differ(group.speaker, speaker) ||
    differ(group.language, language) ||
    word.start - group.end >= LONG_PAUSE_SECONDS ||
    last.endsWith("\n") ||
    (group.chars >= ENOUGH_FOR_A_SENTENCE_CHARS && endsSentence(last)) ||
    group.chars + word.text.length > MAX_SEGMENT_CHARS ||
    word.end - group.start > MAX_SEGMENT_SECONDS
  );
}

function add(group: Group, next: SpokenWord): void {
  group.spoken.push(next);
  group.speaker ??= next.speaker;
  group.language ??= next.language;
  group.chars += next.word.text.length + 1;
  group.start = Math.min(group.start, next.word.start);
  group.end = Math.max(group.end, next.word.end);
}

function toSegment(group: Group, origin: Origin): Segment {
  const words = group.spoken.map(({ word }) => word);
  return {
    start: group.start,
    end: group.end,
    channel: origin.channel,
    speaker: group.speaker,
    language: group.language ?? origin.language,
    text: joinWords(words.map((word) => word.text)),
    words,
  };
}

/** Consecutive words of one speaker, one language and one line. */
type Run = {
  /** Index of its first word. */
  from: number;
  words: SpokenWord[];
  speaker: number | null;
  language: string | null;
};

/**
 * The segments of a group: one for each run of words of one speaker, language and line. A word without
 * its own is of the speaker and language before it, or else after it. Each run has its share of the
 * group's text where the words spell that text, else the text of its words. Words that the text of a
 * single run leaves out are set into it.
 */
export function groupSegments(
  group: WordGroup,
  spoken: readonly SpokenWord[],
  origin: Origin,
): Segment[] {
  const runs = runsOf(spoken);
  const text = group.text || joinWords(spoken.map(({ word }) => word.text));
  if (text === "") return [];
  const [only] = runs;
  if (only === undefined || runs.length === 1) {
    return cutLong({
      start: group.start,
      end: group.end,
      channel: origin.channel,
      speaker: only?.speaker ?? group.speaker,
      language: only?.language ?? group.language ?? origin.language,
      text: only === undefined ? text : endedAs(withMissing(text, only.words), only.words),
      words: spoken.map(({ word }) => word),
    });
  }
  const texts = textsOf(runs, text, spoken);
  return runs.flatMap(({ words, speaker, language }, i) => {
    const start = i === 0 ? group.start : Math.min(...words.map(({ word }) => word.start));
    const isLast = i === runs.length - 1;
    const end = isLast ? group.end : Math.max(...words.map(({ word }) => word.end));
    return cutLong({
      start,
      end: Math.max(start, end),
      channel: origin.channel,
      speaker: speaker ?? group.speaker,
      language: language ?? group.language ?? origin.language,
      text: texts[i]!,
      words: words.map(({ word }) => word),
    });
  });
}

function runsOf(spoken: readonly SpokenWord[]): Run[] {
  const runs: Run[] = [];
  for (const [from, next] of spoken.entries()) {
    const last = runs.at(-1);
    const speaker = next.speaker ?? last?.speaker ?? null;
    const language = next.language ?? last?.language ?? null;
    if (
      last === undefined ||
      differ(last.speaker, speaker) ||
      differ(last.language, language) ||
      endsLine(last.words)
    ) {
      runs.push({ from, words: [next], speaker, language });
    } else {
      last.words.push(next);
      last.speaker = speaker;
      last.language = language;
    }
  }
  return runs;
}

/** Whether both are known and not the same. */
export function differ<T>(known: T | null, next: T | null): boolean {
  return known !== null && next !== null && known !== next;
}

function textsOf(runs: readonly Run[], text: string, spoken: readonly SpokenWord[]): string[] {
  const clean = cleanText(text);
  const places = wordPlaces(
    spoken.map(({ word }) => word),
    clean,
  );
  return runs.map(({ from, words }) => {
    const shown =
      places === null
        ? ""
        : clean.slice(places[from]!.from, places[from + words.length - 1]!.to).trim();
    return endedAs(shown || joinWords(words.map(({ word }) => word.text)), words);
  });
}

const endsLine = (spoken: readonly SpokenWord[]): boolean =>
  spoken[spoken.length - 1]?.word.text.endsWith("\n") === true;

const endedAs = (text: string, spoken: readonly SpokenWord[]): string =>
  endsLine(spoken) ? `${text.trimEnd()}\n` : text;

/** Whether a text is its words with one space between each two, as most are. */
export function isSpelledBy(text: string, spoken: readonly SpokenWord[]): boolean {
  let at = -1;
  for (const { word } of spoken) {
    if (at !== -1 && text[at] !== " ") return false;
    if (!text.startsWith(word.text, at + 1)) return false;
    at += 1 + word.text.length;
  }
  return at === text.length;
}

/** A text with the words that it leaves out: nothing stands for them between what others spell. */
function withMissing(text: string, spoken: readonly SpokenWord[]): string {
  if (isSpelledBy(text, spoken)) return text;
  const clean = cleanText(text);
  const all = spoken.map(({ word }) => word);
  if (wordPlaces(all, clean) !== null) return text;
  const said = tokens(clean);
  const words = keyedWords(all);
  /** How often a text has each token, less how often words have it: it may have them in another order. */
  const spare = new Map<string, number>();
  for (const { key } of said) spare.set(key, (spare.get(key) ?? 0) + 1);
  for (const { keys } of words) for (const key of keys) spare.set(key, (spare.get(key) ?? 0) - 1);
  const isMissing = ({ keys }: KeyedWord) => keys.some((key) => (spare.get(key) ?? 0) < 0);
  const parts: string[] = [];
  let from = 0;
  for (const { word, token, skipped, apart } of meetings(words, said)) {
    if (skipped === 0 || apart > 0) continue;
    const missing = words.slice(word - skipped, word).filter(isMissing);
    if (missing.length === 0) continue;
    const place = said[token]?.from ?? clean.length;
    parts.push(clean.slice(from, place).trim(), ...missing.map(({ word }) => word.text));
    from = place;
  }
  if (parts.length === 0) return text;
  return joinWords([...parts, clean.slice(from).trim()].filter((part) => part !== ""));
}
