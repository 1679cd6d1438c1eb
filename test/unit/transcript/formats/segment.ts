import type { Segment, Word } from "../../../../src/transcript/segments/segment.ts";

/** A segment spoken from `start` to `end` seconds. */
export function segment(
  text: string,
  start: number,
  end: number,
  more: Partial<Segment> = {},
): Segment {
  return { text, start, end, channel: 0, speaker: null, language: null, words: [], ...more };
}

/** A segment whose words are each spoken at the given second, for `seconds`. */
export function spoken(timed: Record<number, string>, seconds = 0.4, more: Partial<Segment> = {}) {
  const words: Word[] = Object.entries(timed)
    .map(([at, text]) => ({
      text,
      start: Number(at),
      end: Number(at) + seconds,
      confidence: null,
    }))
    .sort((a, b) => a.start - b.start);
  const text = words.map((word) => word.text).join(" ");
  return segment(text, words[0]!.start, words.at(-1)!.end, { words, ...more });
}
