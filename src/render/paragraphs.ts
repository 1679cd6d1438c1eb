import { cleanText } from "../segments/clean-text.ts";
import { sentenceSeparator } from "../segments/join-words.ts";
import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { endsSentence } from "../segments/sentence-end.ts";
import type { Names } from "./voice-names.ts";
import { type Voiced, voicing } from "./voices.ts";

const LONG_PAUSE_SECONDS = 2;
const ENOUGH_FOR_A_PARAGRAPH_CHARS = 800;

/** What a segment adds to a text that is read in paragraphs. */
export type ParagraphPart = Voiced & {
  /** On one line, and not empty. */
  text: string;
  /** What stands between it and the part before in the same paragraph; null where it begins one. */
  separator: "" | " " | null;
};

type Last = { segment: Segment; text: string; chars: number };

/**
 * The paragraphs of segments in order of time, segment by segment: one a turn, and a new one after a
 * pause of 2 s or at a sentence end once it is long. Segments that show nothing are left out.
 */
export async function* paragraphs(
  segments: SegmentSource,
  names?: Names,
): AsyncGenerator<ParagraphPart> {
  const voicesOf = voicing(names);
  const partOf = paragraphing();
  function* parts(segment?: Segment): Generator<ParagraphPart> {
    for (const voiced of voicesOf(segment)) {
      const part = partOf(voiced);
      if (part !== null) yield part;
    }
  }
  for await (const segment of segments) {
    for (const part of parts(segment)) yield part;
  }
  for (const part of parts()) yield part;
}

function paragraphing(): (voiced: Voiced) => ParagraphPart | null {
  let last: Last | undefined;
  return (voiced) => {
    const { segment } = voiced;
    const text = cleanText(segment.text);
    if (text === "") return null;
    const before = last !== undefined && continues(last, segment) ? last : null;
    last = { segment, text, chars: text.length + (before?.chars ?? 0) };
    return { ...voiced, text, separator: before && sentenceSeparator(before.text, text) };
  };
}

function continues({ segment, text, chars }: Last, next: Segment): boolean {
  return (
    segment.channel === next.channel &&
    segment.speaker === next.speaker &&
    next.start - segment.end < LONG_PAUSE_SECONDS &&
    !(chars >= ENOUGH_FOR_A_PARAGRAPH_CHARS && endsSentence(text))
  );
}
