import { eastAsianWidth } from "get-east-asian-width";

/** A run of text that stays on one line. */
export type BreakUnit = {
  text: string;
  /** Whether a space parts it from what goes before on the same line. */
  spaced: boolean;
  /** Columns. */
  width: number;
  /** Whether the next one goes on with the same word, which was too long for a line. */
  torn: boolean;
};

const UNSPACED_SCRIPT =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
const CLINGS_TO_LEFT = /^(?![¿¡])[\p{Pe}\p{Pf}\p{Pd}\p{Po}]+$/u;
const CLINGS_TO_RIGHT = /^[\p{Ps}\p{Pi}¿¡]+$/u;
const ASCII = /^[\x20-\x7e]*$/;
const PLAIN_WORD = /^[!-/:-@[-`{-~]*[0-9A-Za-z][!-~]*$/;
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * Where clean text may be broken: between words, as Unicode finds them (UAX #29) in scripts that set
 * no spaces. Punctuation standing alone stays with its word. A word of more than `maxChars` columns
 * is torn between graphemes.
 */
export function* breakUnits(text: string, maxChars: number): Generator<BreakUnit> {
  let held: BreakUnit | undefined;
  // Whether what is held is a plain word, to which no other clings.
  let isWord = false;
  for (const unit of ASCII.test(text) ? asciiUnits(text) : units(text)) {
    const isNextWord = isPlainWord(unit.text);
    if (held !== undefined) {
      const width: number = held.width + (unit.spaced ? 1 : 0) + unit.width;
      if (width <= maxChars && !(isWord && isNextWord) && attaches(held.text, unit.text)) {
        held.text += unit.spaced ? ` ${unit.text}` : unit.text;
        held.width = width;
        isWord = false;
        continue;
      }
      if (held.width <= maxChars) yield held;
      else yield* torn(held, maxChars);
    }
    held = unit;
    isWord = isNextWord;
  }
  if (held !== undefined) yield* torn(held, maxChars);
}

/** Whether a word holds one column a character, none of them a space, and clings to no other. */
export const isPlainWord = (text: string): boolean => PLAIN_WORD.test(text);

/** The words of a text, of which each character is one column. */
function* asciiUnits(text: string): Generator<BreakUnit> {
  let spaced = false;
  for (const token of text.split(" ")) {
    if (token !== "") yield { text: token, spaced, width: token.length, torn: false };
    spaced = true;
  }
}

function* units(text: string): Generator<BreakUnit> {
  let spaced = false;
  for (const token of text.split(" ")) {
    if (UNSPACED_SCRIPT.test(token)) {
      for (const { segment } of segmenter.segment(token)) {
        yield { text: segment, spaced, width: textWidth(segment), torn: false };
        spaced = false;
      }
    } else if (token !== "") {
      yield { text: token, spaced, width: textWidth(token), torn: false };
    }
    spaced = true;
  }
}

const attaches = (left: string, right: string): boolean =>
  CLINGS_TO_LEFT.test(right) || CLINGS_TO_RIGHT.test(left);

function* torn(whole: BreakUnit, maxChars: number): Generator<BreakUnit> {
  if (whole.width <= maxChars) {
    yield whole;
    return;
  }
  const parts = splitByWidth(whole.text, maxChars);
  for (const [i, text] of parts.entries()) {
    const spaced = i === 0 && whole.spaced;
    yield { text, spaced, width: textWidth(text), torn: i < parts.length - 1 };
  }
}

const NARROW = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f]*$/;
const WIDE = /^[\u3001-\u3029\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;
const EMOJI = /\p{Emoji_Presentation}|\uFE0F/u;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Columns a text takes: one for each character a reader sees (an extended grapheme cluster), two for
 * a wide one (UAX #11 Wide and Fullwidth, and emoji).
 */
export function textWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  if (WIDE.test(text)) return 2 * text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** Text cut, only between graphemes, into parts of at most `maxWidth` columns or one grapheme. */
export function splitByWidth(text: string, maxWidth: number): string[] {
  const parts: string[] = [];
  let part = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    const more = graphemeWidth(segment);
    if (part !== "" && width + more > maxWidth) {
      parts.push(part);
      part = "";
      width = 0;
    }
    part += segment;
    width += more;
  }
  if (part !== "") parts.push(part);
  return parts;
}

function graphemeWidth(grapheme: string): 1 | 2 {
  return EMOJI.test(grapheme) ? 2 : eastAsianWidth(grapheme.codePointAt(0)!);
}

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
