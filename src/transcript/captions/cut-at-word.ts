import { breakUnits } from "./break-units.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const LOOSE_END = /[\s\p{Pd},;:.、，；：。،؛]+$/u;

/**
 * The longest start of a clean text that ends with a whole word and that `fits`, without punctuation
 * that leads nowhere. Scripts without spaces are cut between words as Unicode finds them; a first word
 * that does not fit is cut between graphemes. `fits` holds for every prefix of a text that it holds for.
 */
export function cutAtWord(text: string, fits: (start: string) => boolean): string {
  let start = "";
  for (const { text: piece, spaced } of breakUnits(text, Number.POSITIVE_INFINITY)) {
    const longer = `${start}${spaced && start !== "" ? " " : ""}${piece}`;
    if (!fits(longer)) return start === "" ? withinWord(piece, fits) : withoutLooseEnd(start);
    start = longer;
  }
  return start;
}

function withinWord(word: string, fits: (start: string) => boolean): string {
  let start = "";
  for (const { segment } of graphemes.segment(word)) {
    if (!fits(start + segment)) break;
    start += segment;
  }
  return start;
}

const withoutLooseEnd = (start: string): string => start.replace(LOOSE_END, "") || start;
