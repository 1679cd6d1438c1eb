/** Characters that folding leaves as they are: many of them, or one where marks could follow. */
const PLAIN =
  /^(?:[a-z0-9]*|[\uac00-\ud7a3]*|[\u0e01-\u0e32\u0e40-\u0e46\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff])$/;
const DROPPED =
  /[[\p{M}&&[\p{sc=Zinh}\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}]]--[\u3099\u309A]]|[^\p{L}\p{N}\p{M}]|\u0640/gv;
const DIGIT = /\p{Nd}/u;
const OTHER_DIGITS = /[\p{Nd}--[0-9]]/gv;
const STRUCK = /[đħłøŧς]/g;
const UNSTRUCK: Record<string, string> = { đ: "d", ħ: "h", ł: "l", ø: "o", ŧ: "t", ς: "σ" };

/**
 * A word as it is compared: compatibility decomposed (UAX #15), without accents, vowel points and
 * tatweel, without what is neither letter nor number, case folded (ß is ss; i, ı and İ are one), its
 * decimal digits those of ASCII. Vowel signs of Indic scripts and Thai and the voicing of kana are
 * letters to their readers, and stay.
 */
export function fold(word: string): string {
  const lower = word.toLowerCase();
  if (PLAIN.test(lower)) return lower;
  const bare = word.normalize("NFKD").replace(DROPPED, "");
  const folded = bare.toLowerCase().toUpperCase().toLowerCase();
  const plain = folded.replace(STRUCK, (letter) => UNSTRUCK[letter]!);
  return plain.replace(OTHER_DIGITS, asciiDigit).normalize("NFC");
}

/** Unicode sets the digits of each script in a row of ten, from 0 to 9. */
function asciiDigit(digit: string): string {
  const at = digit.codePointAt(0)!;
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(at - before - 1))) before++;
  return String(before % 10);
}
