import { cleanText } from "../segments/clean-text.ts";
import { sentenceSeparator } from "../segments/join-words.ts";
import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { endsSentence } from "../segments/sentence-end.ts";
import type { Names } from "./voice-names.ts";
import { type Voiced, voices } from "./voices.ts";

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
  let last: Last | undefined;
  for await (const voiced of voices(segments, names)) {
    const { segment } = voiced;
    const text = cleanText(segment.text);
    if (text === "") continue;
    const before = last !== undefined && continues(last, segment) ? last : null;
    yield { ...voiced, text, separator: before && sentenceSeparator(before.text, text) };
    last = { segment, text, chars: text.length + (before?.chars ?? 0) };
  }
}

function continues({ segment, text, chars }: Last, next: Segment): boolean {
  return (
    segment.channel === next.channel &&
    segment.speaker === next.speaker &&
    next.start - segment.end < LONG_PAUSE_SECONDS &&
    !(chars >= ENOUGH_FOR_A_PARAGRAPH_CHARS && endsSentence(text))
  );
}
