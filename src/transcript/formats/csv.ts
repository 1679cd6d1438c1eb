import { toMs } from "../../lib/times.ts";
import { cleanText } from "../segments/clean-text.ts";
import type { Segment, SegmentSource, Word } from "../segments/segment.ts";
import { type Names, voiceKey } from "./speakers.ts";

const HEADER = "start,end,channel,speaker,language,confidence,text\r\n";
const CONFIDENCE_PARTS = 10_000;
const NEEDS_QUOTES = /[",]/;
/** Spreadsheets of some languages take cells to be parted by semicolons, and signs of full width. */
const FORMULA_START = /(?<=^|;)(?=[\s"]*[=+\-@＝＋－＠])/g;

/**
 * CSV (RFC 4180, UTF-8) of segments, in parts to be joined: a header, and a row for each. Times are
 * seconds to the millisecond, `confidence` is the mean of the words' to four digits, empty if no word
 * has one; `text` is on one line. A speaker that has a name in `names` is called by it.
 *
 * Where a spreadsheet would run speech as a formula, an apostrophe stands before it: at the start of a
 * cell and after a semicolon, before `=`, `+`, `-` and `@`. JSON Lines have the text without.
 */
export async function* csv(
  segments: SegmentSource,
  { names }: { names?: Names } = {},
): AsyncGenerator<string> {
  yield HEADER;
  for await (const segment of segments) yield `${cells(segment, names).join(",")}\r\n`;
}

function cells(segment: Segment, names: Names | undefined): string[] {
  const { start, end, channel, speaker, language, text, words } = segment;
  const numbers = [toMs(start) / 1000, toMs(end) / 1000, channel].map(String);
  const named = textCell(names?.get(voiceKey(segment)) ?? String(speaker ?? ""));
  return [...numbers, named, textCell(language ?? ""), meanConfidence(words), textCell(text)];
}

function textCell(text: string): string {
  const safe = cleanText(text).replace(FORMULA_START, "'");
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function meanConfidence(words: readonly Word[]): string {
  let sum = 0;
  let count = 0;
  for (const { confidence } of words) {
    if (confidence === null) continue;
    sum += confidence;
    count++;
  }
  return count === 0 ? "" : String(Math.round((sum / count) * CONFIDENCE_PARTS) / CONFIDENCE_PARTS);
}
