import { cutAtWord } from "../../../transcript/captions/break-units.ts";
import { paragraphs } from "../../../transcript/formats/paragraphs.ts";
import type { SegmentSource } from "../../../transcript/segments/segment-source.ts";

/** Of a transcript, in UTF-8; what comes after is only at the link. */
export const MAX_EMAIL_TRANSCRIPT_BYTES = 262_144;

/** Its time, name, and the lines between. */
const TURN_OVERHEAD_BYTES = 40;

/** What one speaker says in one go, in one language. */
export type Turn = {
  /** Seconds. */
  start: number;
  /** Null where speakers cannot be told apart. */
  speaker: string | null;
  /** As Deepgram gives it, or null where it is not known. */
  language: string | null;
  text: string;
};

/** The part of a transcript that an e-mail shows. */
export type TranscriptPart = {
  turns: Turn[];
  /** Whether it is all of it. */
  complete: boolean;
};

/**
 * Reads a transcript as far as an e-mail shows it, and little further. A longer one is cut at a word,
 * with an ellipsis.
 */
export async function firstPart(
  segments: SegmentSource,
  maxBytes = MAX_EMAIL_TRANSCRIPT_BYTES,
): Promise<TranscriptPart> {
  const turns: Turn[] = [];
  let room = maxBytes;
  for await (const { segment, voice: speaker, text, separator } of paragraphs(segments)) {
    const { start, language } = segment;
    const last = separator === null || turns.at(-1)?.language !== language ? null : turns.at(-1);
    room -= last == null ? TURN_OVERHEAD_BYTES : 1;
    const kept = bytesOf(text) <= room ? text : startOf(text, room);
    if (last != null) last.text += `${separator}${kept}`;
    else if (kept !== "") turns.push({ start, speaker, language, text: kept });
    if (kept !== text) return { turns, complete: false };
    room -= bytesOf(text);
  }
  return { turns, complete: true };
}

const encoder = new TextEncoder();
const bytesOf = (text: string): number => encoder.encode(text).length;

const ELLIPSIS = "…";
/** Enough for the word at the cut to be seen whole. */
const AROUND_THE_CUT_CHARS = 200;

/** The start of a clean text, of at most `maxBytes` with its ellipsis; empty when nothing fits. */
function startOf(text: string, maxBytes: number): string {
  const room = Math.max(0, maxBytes - bytesOf(ELLIPSIS));
  const { read } = encoder.encodeInto(text, new Uint8Array(room));
  const from = Math.max(0, read - AROUND_THE_CUT_CHARS);
  const around = text.slice(from, read + AROUND_THE_CUT_CHARS);
  const kept = cutAtWord(around, (start) => start.length <= read - from);
  const indent = around.length - around.trimStart().length;
  return kept === "" ? "" : text.slice(0, from + indent + kept.length) + ELLIPSIS;
}
