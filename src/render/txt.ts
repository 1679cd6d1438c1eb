import { cleanText } from "../segments/clean-text.ts";
import { sentenceSeparator } from "../segments/join-words.ts";
import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { endsSentence } from "../segments/sentence-end.ts";
import { voices } from "./voices.ts";

const LONG_PAUSE_SECONDS = 2;
const ENOUGH_FOR_A_PARAGRAPH_CHARS = 800;

type Paragraph = { segment: Segment; text: string; chars: number };

/**
 * Plain text of segments in order of time, in parts to be joined: a paragraph a turn, and a new one
 * after a pause of 2 s or at a sentence end once it is long. Names of channel and speaker stand before
 * each where there are such, unless `speakers` is false. Without segments: nothing.
 */
export async function* txt(
  segments: SegmentSource,
  options: { speakers?: boolean } = {},
): AsyncGenerator<string> {
  let last: Paragraph | undefined;
  for await (const { segment, voice } of voices(segments)) {
    const text = cleanText(segment.text);
    if (text === "") continue;
    const goesOn = last !== undefined && continues(last, segment);
    const name = voice === null || options.speakers === false ? "" : `${voice}: `;
    if (goesOn) yield sentenceSeparator(last!.text, text) + text;
    else yield `${last === undefined ? "" : "\n\n"}${name}${text}`;
    last = { segment, text, chars: text.length + (goesOn ? last!.chars : 0) };
  }
  if (last !== undefined) yield "\n";
}

function continues({ segment, text, chars }: Paragraph, next: Segment): boolean {
  return (
    segment.channel === next.channel &&
    segment.speaker === next.speaker &&
    next.start - segment.end < LONG_PAUSE_SECONDS &&
    !(chars >= ENOUGH_FOR_A_PARAGRAPH_CHARS && endsSentence(text))
  );
}
