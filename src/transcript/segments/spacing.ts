import { cleanText } from "./clean-text.ts";
import {
  isEastAsianPair,
  isUnspacedScript,
  joinWords,
  unspacedSeparator,
  wordSeparator,
} from "./scripts.ts";
import type { Segment } from "./segment.ts";
import { type TranscriptWindow, transcriptWindow } from "./transcript-window.ts";

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
