import { clock } from "../../lib/times.ts";
import { cleanText } from "../segments/clean-text.ts";
import { endsSentence, sentenceSeparator } from "../segments/scripts.ts";
import type { Segment, SegmentSource } from "../segments/segment.ts";
import { createSpeakerSplitter, type Names, type Voiced } from "./speakers.ts";

const LONG_PAUSE_SECONDS = 2;
const ENOUGH_FOR_A_PARAGRAPH_CHARS = 800;
/** Text without punctuation is harder to read: about 80 words, then it may break at a breath. */
const ENOUGH_WITHOUT_SENTENCES_CHARS = 400;
const BREATH_SECONDS = 0.5;
/** A paragraph that would become longer ends, wherever that is. */
const MAX_PARAGRAPH_CHARS = 1_200;

/** What a segment adds to a text that is read in paragraphs. */
export type ParagraphPart = Voiced & {
  /** On one line, and not empty. */
  text: string;
  /** What stands between it and the part before in the same paragraph; null where it begins one. */
  separator: "" | " " | null;
};

type Last = {
  segment: Segment;
  text: string;
  chars: number;
  /** Whether the paragraph has the end of a sentence before its last character. */
  hasSentences: boolean;
};

const SENTENCE_WITHIN = /[.!?…。！？｡۔।]["'”’»」』）)]*(?:\s|[\u0370-\uffff])/;

/**
 * The paragraphs of segments in order of time, segment by segment: one a turn, and a new one where a new
 * line was dictated, after a pause of 2 s or at a sentence end once it has 800 characters. Where there are no sentences one of 400
 * characters ends at a pause of 0.5 s, one of 800 with its segment. None goes past 1,200 characters with
 * another segment. Segments that show nothing are left out.
 */
export async function* paragraphs(
  segments: SegmentSource,
  names?: Names,
): AsyncGenerator<ParagraphPart> {
  const voicesOf = createSpeakerSplitter(names);
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
    const before = last !== undefined && continues(last, segment, text) ? last : null;
    last = {
      segment,
      text,
      chars: text.length + (before?.chars ?? 0),
      hasSentences:
        (before !== null && (before.hasSentences || endsSentence(before.text))) ||
        SENTENCE_WITHIN.test(text),
    };
    return { ...voiced, text, separator: before && sentenceSeparator(before.text, text) };
  };
}

function continues(last: Last, next: Segment, nextText: string): boolean {
  const { segment, text, chars } = last;
  if (segment.channel !== next.channel || segment.speaker !== next.speaker) return false;
  if (segment.text.endsWith("\n")) return false;
  const pause = next.start - segment.end;
  if (pause >= LONG_PAUSE_SECONDS || chars + nextText.length > MAX_PARAGRAPH_CHARS) return false;
  if (endsSentence(text)) return chars < ENOUGH_FOR_A_PARAGRAPH_CHARS;
  if (last.hasSentences) return true;
  return (
    chars < ENOUGH_WITHOUT_SENTENCES_CHARS ||
    (chars < ENOUGH_FOR_A_PARAGRAPH_CHARS && pause < BREATH_SECONDS)
  );
}

/**
 * Plain text of segments in order of time, in parts to be joined, as `paragraphs`. Names of channel and
 * speaker stand before each where there are such, unless `speakers` is false. Without segments: nothing.
 */
export async function* txt(
  segments: SegmentSource,
  options: { speakers?: boolean; names?: Names } = {},
): AsyncGenerator<string> {
  let between = "";
  for await (const { voice, text, separator } of paragraphs(segments, options.names)) {
    const name = voice === null || options.speakers === false ? "" : `${voice}: `;
    yield separator === null ? `${between}${name}${text}` : `${separator}${text}`;
    between = "\n\n";
  }
  if (between !== "") yield "\n";
}

/** Markup within a line of CommonMark 0.31, of GFM (`|`, `~`), and of mathematics (`$`). */
const MARKUP = /[\\`*_[\]<>&|~$]/g;

/**
 * Markdown (CommonMark) of segments in order of time, in parts to be joined: `paragraphs`, before each
 * in bold the names of channel and speaker where there are such, unless `speakers` is false, and when
 * it begins. Speech never becomes markup: each is one line that speech does not begin, and what has a
 * meaning within a line has a backslash before it. Without segments: nothing.
 */
export async function* md(
  segments: SegmentSource,
  options: { speakers?: boolean; names?: Names } = {},
): AsyncGenerator<string> {
  let between = "";
  for await (const { segment, voice, text, separator } of paragraphs(segments, options.names)) {
    const escaped = mdText(text);
    const name = voice === null || options.speakers === false ? "" : `**${mdText(voice)}** `;
    yield separator === null
      ? `${between}${name}(${clock(segment.start)}) ${escaped}`
      : `${separator}${escaped}`;
    between = "\n\n";
  }
  if (between !== "") yield "\n";
}

/** Text within a line: what has a meaning in Markdown has a backslash before it. */
export const mdText = (text: string): string => text.replace(MARKUP, "\\$&");
