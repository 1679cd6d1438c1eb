import { cleanText } from "./clean-text.ts";
import {
  isEastAsianPair,
  isUnspacedScript,
  joinWords,
  unspacedSeparator,
  wordSeparator,
} from "./scripts.ts";
import type { Segment } from "./segment.ts";

const UNSPACED_LANGUAGE = /^(?:zh|yue|ja|th|lo|km|my)(?:-|$)/i;
/** Words of these scripts are mostly of one to six characters, phrases mostly of more than ten. */
const MAX_MEAN_WORD_CHARS = 8;
const WHITE_SPACE = /\s+/g;

/** Text as the channel's transcript spaces it, as `TranscriptWindow.find` gives it. */
type Find = (bare: string, said: number) => string | null;

/** Writes the segments of a channel as their scripts are, one after another. */
export type Spacer = {
  write: (segment: Segment) => Segment;
  /** Whether the transcript is looked at for this segment. */
  isUnspaced: (segment: Segment) => boolean;
  /** How much was written, in UTF-16 units without white space. */
  said: () => number;
};

/**
 * Deepgram sets spaces between the words of scripts that have none, and between the letters of a word
 * of another script among them. A segment with such a script is written as the channel's transcript
 * writes it, or as the segment itself does, where these do not set those spaces too; else without them.
 */
export function createSpacer(find: Find): Spacer {
  let said = 0;
  /** Whether text without such scripts is looked at too: they came before. */
  let isMixed = false;

  const isUnspaced = ({ text, language }: Segment): boolean =>
    isMixed || isUnspacedScript(text) || (language !== null && UNSPACED_LANGUAGE.test(language));

  function write(segment: Segment): Segment {
    const from = said;
    if (!isUnspaced(segment)) {
      said += bareLength(segment.text);
      return segment;
    }
    isMixed ||= isUnspacedScript(segment.text);
    const clean = cleanText(segment.text);
    const bare = clean.replaceAll(" ", "");
    said += bare.length;
    const tokens = tokensOf(segment, clean);
    // A text that was joined from its words tells nothing about spaces.
    const own = clean === joinWords(tokens) ? null : clean;
    const gaps = naturalGaps(tokens, own) ?? naturalGaps(tokens, find(bare, from));
    const text = gaps === null ? unspaced(tokens, segment.language) : spacedAt(tokens, gaps);
    return text === segment.text ? segment : { ...segment, text };
  }

  return { write, isUnspaced, said: () => said };
}

/** The segments of a channel whose whole transcript is at hand, written as their scripts are. */
export function spacedWith(transcript: string): Spacer["write"] {
  let window: TranscriptWindow | undefined;
  return createSpacer((bare, said) => {
    if (window === undefined) {
      window = transcriptWindow();
      window.add(transcript);
    }
    return window.find(bare, said);
  }).write;
}

/** UTF-16 units that are not white space. */
export function bareLength(text: string): number {
  let spaces = 0;
  for (let at = text.indexOf(" "); at !== -1; at = text.indexOf(" ", at + 1)) spaces++;
  return text.length - spaces;
}

/** The words where they spell the text, else what stands between its spaces. */
function tokensOf({ words }: Segment, clean: string): string[] {
  const spelled = words.map(({ text }) => cleanText(text)).filter((text) => text !== "");
  return gapsOf(spelled, clean) === null ? clean.split(" ") : spelled;
}

/** Whether each token has a space before it in a text; null where they do not spell it. */
function gapsOf(tokens: readonly string[], text: string): boolean[] | null {
  const gaps: boolean[] = [];
  let at = 0;
  for (const token of tokens) {
    const isGap = text[at] === " ";
    if (isGap) at++;
    gaps.push(isGap);
    for (const char of token.replace(WHITE_SPACE, "").split("")) {
      if (text[at] === " ") at++;
      if (text[at++] !== char) return null;
    }
  }
  return at === text.length ? gaps : null;
}

/**
 * The gaps of a text that is written as its script is; null where it spaces most words of scripts
 * without spaces, or where it cannot be told.
 */
function naturalGaps(tokens: readonly string[], text: string | null): boolean[] | null {
  const gaps = text === null ? null : gapsOf(tokens, text);
  if (gaps === null) return null;
  let pairs = 0;
  let spaced = 0;
  for (let i = 1; i < tokens.length; i++) {
    if (wordSeparator(tokens[i - 1]!, tokens[i]!) === " ") continue;
    pairs++;
    if (gaps[i]) spaced++;
  }
  if (pairs > 0 && isOfPhrases(tokens)) return gaps;
  const isNatural = pairs > 0 ? spaced <= pairs / 2 : gaps.slice(1).includes(false);
  return isNatural ? gaps : null;
}

/** Whether tokens of scripts without spaces are so long that they are phrases, not words. */
function isOfPhrases(tokens: readonly string[]): boolean {
  const unspaced = tokens.filter(isUnspacedScript);
  const chars = unspaced.reduce((sum, token) => sum + token.length, 0);
  return chars > MAX_MEAN_WORD_CHARS * unspaced.length;
}

const spacedAt = (tokens: readonly string[], gaps: readonly boolean[]): string =>
  joinWords(tokens, (left, right, index) =>
    gaps[index] && !isEastAsianPair(left, right) ? " " : "",
  );

/** Without spaces between words of such scripts; a text without any is one only if it is spelled. */
function unspaced(tokens: readonly string[], language: string | null): string {
  const isInContext =
    tokens.some(isUnspacedScript) ||
    (language !== null && UNSPACED_LANGUAGE.test(language)) ||
    tokens.every((token) => token.length === 1);
  return joinWords(tokens, isInContext ? unspacedSeparator : wordSeparator);
}

/** How far from where it is expected text is looked for, in characters without white space. */
const REACH_CHARS = 2_000;
/** How far the expected place may move away from the count of what was said. */
const MAX_DRIFT_CHARS = 10_000;
/** Longer text is not looked for. */
const MAX_SOUGHT_CHARS = 20_000;
/** A shorter match may be one by chance: it does not move the expected place. */
const SURE_CHARS = 8;
/** So much is forgotten at a time. */
const FORGET_CHARS = 65_536;

const SPACE = /\s/;

/** The part of a channel's transcript around what is being written. */
type TranscriptWindow = {
  /** Adds the next part of the transcript. */
  add: (part: string) => void;
  /** Up to which character, counted without white space, the transcript must be there to look for text. */
  neededTo: (said: number, chars: number) => number;
  /** Forgets what is too far before this place to be looked at any more. */
  forget: (said: number) => void;
  /** How many characters without white space have been added. */
  length: () => number;
  /**
   * The text with the white space that the transcript has, `said` characters (without white space)
   * being said before it; null where the transcript does not have it near there. `bare` and both counts are
   * UTF-16 units without white space.
   */
  find: (bare: string, said: number) => string | null;
};

/** Keeps a bounded part of a transcript. Calls of `find` must go forward. */
export function transcriptWindow(): TranscriptWindow {
  let bare = "";
  /** Indices in `bare` before which the transcript has white space. */
  let gaps = new Set<number>();
  let dropped = 0;
  let drift = 0;
  let isGap = false;

  function forget(said: number): void {
    const count = said - MAX_DRIFT_CHARS - REACH_CHARS - dropped;
    if (count < FORGET_CHARS) return;
    bare = bare.slice(count);
    gaps = new Set([...gaps].filter((at) => at >= count).map((at) => at - count));
    dropped += count;
  }

  function indexOf(sought: string, expected: number): number {
    if (bare.startsWith(sought, expected) && expected >= 0) return expected;
    const from = Math.max(0, expected - REACH_CHARS);
    const near = bare.slice(from, expected + REACH_CHARS + sought.length);
    const found = near.indexOf(sought);
    return found === -1 ? -1 : from + found;
  }

  function spaced(from: number, to: number): string {
    let text = "";
    let start = from;
    for (let at = from + 1; at < to; at++) {
      if (!gaps.has(at)) continue;
      text += `${bare.slice(start, at)} `;
      start = at;
    }
    return text + bare.slice(start, to);
  }

  return {
    add(part) {
      for (const token of part.split(/(\s+)/)) {
        if (token === "") continue;
        if (SPACE.test(token[0]!)) isGap = true;
        else {
          if (isGap) gaps.add(bare.length);
          isGap = false;
          bare += token;
        }
      }
    },
    neededTo: (said, chars) => said + MAX_DRIFT_CHARS + REACH_CHARS + chars,
    forget,
    length: () => dropped + bare.length,
    find(sought, said) {
      if (sought === "" || sought.length > MAX_SOUGHT_CHARS) return null;
      const at = indexOf(sought, said + drift - dropped);
      if (at === -1) return null;
      const moved = at + dropped - said;
      if (sought.length >= SURE_CHARS && Math.abs(moved) <= MAX_DRIFT_CHARS) drift = moved;
      return spaced(at, at + sought.length);
    },
  };
}
