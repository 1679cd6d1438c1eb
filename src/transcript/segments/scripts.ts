const UNSPACED_CLASS = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\u3000-\u303F\uFF00-\uFF65]`;
const UNSPACED_END = new RegExp(`${UNSPACED_CLASS}$`, "u");
const UNSPACED_START = new RegExp(`^${UNSPACED_CLASS}`, "u");
const SPACED_SENTENCES_END = /[\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]$/u;
const EAST_ASIAN_END =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\u3000-\u303F\uFF00-\uFF65]$/u;
const EAST_ASIAN_START =
  /^[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\u3000-\u303F\uFF00-\uFF65]/u;
/** Letters count by script alone: punctuation such as the middle dot has several. */
const UNSPACED_SCRIPT =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
const ASCII_OR_LATIN = /^[\x20-\u024f\u2010-\u2027]*$/;
const FULL_WIDTH_MARK = /[\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff60]/;
const SINGLE = /^[A-Za-z0-9]$/;
const SINGLE_OR_NUMBER = /^(?:[A-Za-z]|[0-9]+)$/;

/** Whether a text has a letter of a script written without spaces between words. */
export function isUnspacedScript(text: string): boolean {
  return !ASCII_OR_LATIN.test(text) && UNSPACED_SCRIPT.test(text);
}

/**
 * What stands between two words: nothing where both sides belong to a script written without
 * spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese), or where one side is full-width
 * punctuation, which holds its own space; a space otherwise.
 */
export function wordSeparator(left: string, right: string): "" | " " {
  if (isBesideMark(left, right)) return "";
  if (left.charCodeAt(left.length - 1) < 0x80) return " ";
  return UNSPACED_END.test(left) && UNSPACED_START.test(right) ? "" : " ";
}

/**
 * What stands between two sentences or utterances: as between words, but Thai, Lao, Khmer and
 * Burmese set a space there.
 */
export function sentenceSeparator(left: string, right: string): "" | " " {
  return SPACED_SENTENCES_END.test(left) ? " " : wordSeparator(left, right);
}

/**
 * As `wordSeparator`, in a text of a script without spaces: Deepgram spells words of other scripts there
 * letter by letter, so that single letters and digits belong together, and numbers to the Chinese
 * or Japanese beside them.
 */
export function unspacedSeparator(left: string, right: string): "" | " " {
  if (SINGLE.test(left) && SINGLE.test(right)) return "";
  if (SINGLE_OR_NUMBER.test(left) && EAST_ASIAN_START.test(right)) return "";
  if (EAST_ASIAN_END.test(left) && SINGLE_OR_NUMBER.test(right)) return "";
  return wordSeparator(left, right);
}

/**
 * Whether no space ever stands between two words: both are Chinese or Japanese, or full-width
 * punctuation is between them.
 */
export function isEastAsianPair(left: string, right: string): boolean {
  return isBesideMark(left, right) || (EAST_ASIAN_END.test(left) && EAST_ASIAN_START.test(right));
}

const isBesideMark = (left: string, right: string): boolean =>
  isMark(left.charCodeAt(left.length - 1)) || isMark(right.charCodeAt(0));

/** Whether a UTF-16 unit is full-width punctuation. */
function isMark(unit: number): boolean {
  if (unit < 0x3001) return false;
  if (unit <= 0x301f) return unit < 0x3005 || unit > 0x3007;
  return FULL_WIDTH_MARK.test(String.fromCharCode(unit));
}

/** Words joined to text the way their script does, or with the separators given. */
export function joinWords(
  words: readonly string[],
  separator: (left: string, right: string, index: number) => "" | " " = wordSeparator,
): string {
  let joined = "";
  let previous: string | undefined;
  for (const [index, word] of words.entries()) {
    if (previous !== undefined) joined += separator(previous, word, index);
    joined += word;
    previous = word;
  }
  return joined;
}

const ASCII_WORD_END = /[a-z0-9]/i;
const CLOSERS = "[\\s\\p{Pe}\\p{Pf}\"'”’»]*$";
const SENTENCE_END = new RegExp(`[.!?…。！？｡．؟۔।॥።။៕]${CLOSERS}`, "u");
const PHRASE_END = new RegExp(`[,;:，、；：،؛፣၊·–—]${CLOSERS}`, "u");

/** What a word or piece of text ends, if anything. */
export function endOf(text: string): "sentence" | "phrase" | null {
  if (ASCII_WORD_END.test(text.slice(-1))) return null;
  if (SENTENCE_END.test(text)) return "sentence";
  return PHRASE_END.test(text) ? "phrase" : null;
}

/** Whether a word or piece of text ends a sentence, in any of the scripts Deepgram transcribes. */
export function endsSentence(text: string): boolean {
  return !ASCII_WORD_END.test(text.slice(-1)) && SENTENCE_END.test(text);
}
