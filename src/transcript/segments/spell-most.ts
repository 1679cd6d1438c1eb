import type { SpokenWord } from "./spoken-words.ts";

/** Characters of words and of the spaces that may stand between them. */
export function charsOf(spoken: readonly SpokenWord[]): number {
  let chars = 0;
  for (const { word } of spoken) chars += word.text.length + 1;
  return chars;
}

/**
 * Whether words of so many characters have at least half of a transcript's: fewer would drop what
 * was said.
 */
export function spellMost(chars: number, transcriptChars: number): boolean {
  return chars > 0 && chars >= transcriptChars / 2;
}
