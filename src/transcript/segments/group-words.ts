import { joinWords } from "./scripts.ts";
import type { Segment } from "./segment.ts";
import { endsSentence } from "./sentence-end.ts";
import type { SpokenWord } from "./spoken-words.ts";
import { differ } from "./words-to-segments.ts";

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
export type WordGrouper = {
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
