const UNSPACED_END =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\u3000-\u303F\uFF00-\uFF65]$/u;
const UNSPACED_START = new RegExp(`^${UNSPACED_END.source.slice(0, -1)}`, "u");
const SPACED_SENTENCES_END = /[\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]$/u;

/**
 * What stands between two words: nothing where both sides belong to a script written without
 * spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese), a space otherwise.
 */
export function wordSeparator(left: string, right: string): "" | " " {
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

/** Words joined to text the way their script does. */
export function joinWords(words: readonly string[]): string {
  let joined = "";
  let previous: string | undefined;
  for (const word of words) {
    if (previous !== undefined) joined += wordSeparator(previous, word);
    joined += word;
    previous = word;
  }
  return joined;
}
