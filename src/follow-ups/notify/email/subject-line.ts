import { cutAtWord } from "../../../transcript/captions/cut-at-word.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";

/** Encoded for the wire (RFC 2047), any text of this length stays below 998 (RFC 5322, 2.1.1). */
const MAX_SUBJECT_CHARS = 150;
const DIRECTION_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text as it may stand in a header field: one line without control characters, nothing in it that
 * a reader takes for an encoded word (RFC 2047) or that turns its direction, at most 150 UTF-16 units.
 * Characters outside ASCII are encoded by the sender of the message.
 */
export function subjectLine(text: string): string {
  const source = text.slice(0, 10 * MAX_SUBJECT_CHARS);
  const line = cleanText(source.replace(DIRECTION_CONTROLS, "").replaceAll("=?", "= ?"));
  if (line.length <= MAX_SUBJECT_CHARS) return line;
  return `${cutAtWord(line, (start) => start.length < MAX_SUBJECT_CHARS)}…`;
}
