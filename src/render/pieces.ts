import { cleanText } from "../segments/clean-text.ts";
import type { Segment } from "../segments/segment.ts";
import { endOf } from "../segments/sentence-end.ts";
import { speechTimes, withoutSpace } from "../segments/speech-times.ts";
import { toMs } from "./timestamp.ts";
import { unbreakables } from "./unbreakables.ts";

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
  after: Break;
};

/** The pieces of a segment, their starts never going back. Their text never holds `-->`. */
export function* pieces(segment: Segment, maxChars: number): Generator<Piece> {
  const text = cleanText(segment.text).replaceAll("-->", "-- >");
  const timesOf = speechTimes(segment, text);
  let offset = 0;
  let last: Piece | undefined;
  for (const unit of unbreakables(text, maxChars)) {
    const to = offset + withoutSpace(unit.text).length;
    const { start, end } = timesOf(offset, to);
    const startMs = Math.max(last?.startMs ?? 0, toMs(start));
    const endMs = Math.max(startMs, toMs(end));
    offset = to;
    if (last !== undefined) {
      if (last.after === "word" && startMs - last.endMs >= PHRASE_PAUSE_MS) last.after = "phrase";
      yield last;
    }
    const after = unit.torn ? "torn word" : (endOf(unit.text) ?? "word");
    last = { text: unit.text, spaced: unit.spaced, width: unit.width, startMs, endMs, after };
  }
  if (last !== undefined) {
    last.after = "sentence";
    yield last;
  }
}
