import { cleanText } from "../segments/clean-text.ts";
import type { Segment } from "../segments/segment.ts";
import { endOf } from "../segments/sentence-end.ts";
import { speechTimes, withoutSpace } from "../segments/speech-times.ts";
import { type BreakUnit, breakUnits, isPlainWord } from "./break-units.ts";
import { toMs } from "./timestamp.ts";

const PHRASE_PAUSE_MS = 300;

/** What a break after a piece would part, from the best place for one to the worst. */
export type Break = "sentence" | "phrase" | "word" | "torn word" | "label";

/** The smallest part of a caption: it has its own time and stays on one line. */
export type Piece = {
  text: string;
  spaced: boolean;
  /** Columns. */
  width: number;
  startMs: number;
  endMs: number;
  /** Whether nothing but the time of its segment is known. */
  isEstimated: boolean;
  after: Break;
};

/** The pieces of a segment, their starts never going back. Their text never holds `-->`. */
export function pieces(segment: Segment, maxChars: number): Iterable<Piece> {
  return plainPieces(segment, maxChars) ?? anyPieces(segment, maxChars);
}

/** The pieces of a segment, as most are, whose text is its words, plain ones with a space between. */
function plainPieces({ text, start, end, words }: Segment, maxChars: number): Piece[] | undefined {
  if (text.includes("-->")) return undefined;
  const found: Piece[] = [];
  const within = (seconds: number) => Math.min(end, Math.max(start, seconds));
  let offset = 0;
  let last: Piece | undefined;
  for (const word of words) {
    const spaced = last !== undefined;
    if (spaced && text[offset++] !== " ") return undefined;
    if (!text.startsWith(word.text, offset) || !isPlainWord(word.text)) return undefined;
    const width = word.text.length;
    if (width > maxChars) return undefined;
    offset += width;
    const unit = { text: word.text, spaced, width, torn: false };
    last = pieceAfter(last, unit, within(word.start), within(word.end), false);
    found.push(last);
  }
  if (last === undefined || offset !== text.length) return undefined;
  last.after = "sentence";
  return found;
}

function* anyPieces(segment: Segment, maxChars: number): Generator<Piece> {
  const text = cleanText(segment.text).replaceAll("-->", "-- >");
  const timesOf = speechTimes(segment, text);
  const isEstimated = segment.words.length === 0;
  let offset = 0;
  let last: Piece | undefined;
  for (const unit of breakUnits(text, maxChars)) {
    const to = offset + withoutSpace(unit.text).length;
    const { start, end } = timesOf(offset, to);
    offset = to;
    const piece = pieceAfter(last, unit, start, end, isEstimated);
    if (last !== undefined) yield last;
    last = piece;
  }
  if (last !== undefined) {
    last.after = "sentence";
    yield last;
  }
}

/** The piece of a unit spoken at these seconds. Sees whether the one before ended a phrase. */
function pieceAfter(
  last: Piece | undefined,
  { text, spaced, width, torn }: BreakUnit,
  start: number,
  end: number,
  isEstimated: boolean,
): Piece {
  const startMs = Math.max(last?.startMs ?? 0, toMs(start));
  const endMs = Math.max(startMs, toMs(end));
  if (last?.after === "word" && startMs - last.endMs >= PHRASE_PAUSE_MS) last.after = "phrase";
  const after = torn ? "torn word" : (endOf(text) ?? "word");
  return { text, spaced, width, startMs, endMs, isEstimated, after };
}
