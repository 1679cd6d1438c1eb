/** What is compared as a whole: a word, or one character in scripts that set no spaces. */
export type Token = {
  /** The folded word. */
  key: string;
  /** Where it begins and ends in the text, in UTF-16 units. */
  from: number;
  to: number;
  /** What stands before it in the text without its spaces, in UTF-16 units. */
  bareFrom: number;
};

const ASCII_WORD = /[a-z0-9]+/gi;
const BEYOND_ASCII = /[^ -~]/;
const UNSPACED = String.raw`[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]&&[\p{L}[\p{N}--\p{Nd}]]]`;
/** U+FF9E and U+FF9F are the voicing marks of half-width kana. */
const WORD = new RegExp(
  String.raw`${UNSPACED}[\p{M}\p{Cf}\uFF9E\uFF9F]*|[[\p{L}\p{N}]--${UNSPACED}][[\p{L}\p{N}\p{M}\p{Cf}]--${UNSPACED}]*`,
  "gv",
);
const BEGINS_UNSPACED = new RegExp(`^${UNSPACED}`, "v");

/** The tokens of clean text. Punctuation and symbols part them and are in none. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let end = 0;
  let bareEnd = 0;
  for (const { 0: word, index } of text.matchAll(BEYOND_ASCII.test(text) ? WORD : ASCII_WORD)) {
    const bareFrom = bareEnd + barely(text, end, index);
    end = index + word.length;
    bareEnd = bareFrom + word.length;
    const key = fold(word);
    if (key !== "") found.push({ key, from: index, to: end, bareFrom });
  }
  return found;
}

/** How many characters of a part of the text are not spaces. */
function barely(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (text.charCodeAt(i) !== 0x20) count++;
  return count;
}

/** Whether clean text can be cut before a token: at a space, or anywhere in scripts without. */
export function isWordStart(text: string, from: number): boolean {
  return from === 0 || text[from - 1] === " " || BEGINS_UNSPACED.test(text.slice(from, from + 2));
}

/** Tokens that are one word where apostrophes and the grouping of digits do not matter. */
export type JoinedToken = {
  key: string;
  /** The first and the last of its tokens, by their index. */
  first: number;
  last: number;
};

const APOSTROPHE = /^['’‘ʼ＇]$/;
/** The end of an English contraction, which may be typed behind a space: `don t`. */
const CONTRACTED = /^(?:t|s|d|m|re|ve|ll)$/;
const LATIN = /^[a-z]+$/;
const DIGITS = /^[0-9]+$/;
/** Between groups of three digits: `1,250`, `1.250`, `1'250`, `1٬250`, `1 250`. */
const THOUSANDS = /^[,.'’٬ \u00a0\u202f]$/;
/** Between the groups of a telephone number: `(555) 010-0199`, `555.010.0199`. */
const IN_NUMBER = /^(?:[-.]|\) ?)$/;

/**
 * The tokens of a text with those joined that an apostrophe, or the grouping of digits, parts: `don't`
 * becomes `dont`, as `don t` does, `1,250` becomes `1250`, `(555) 010-0199` becomes `5550100199`.
 */
export function joinTokens(text: string, tokens: readonly Token[]): JoinedToken[] {
  const joined: JoinedToken[] = [];
  tokens.forEach((token, index) => {
    const open = joined.at(-1);
    const before = tokens[index - 1];
    if (open === undefined || before === undefined || !isJoined(text, before, token)) {
      joined.push({ key: token.key, first: index, last: index });
      return;
    }
    open.key += token.key;
    open.last = index;
  });
  return joined;
}

function isJoined(text: string, before: Token, after: Token): boolean {
  // Longer than any of the separators.
  if (after.from === before.to || after.from - before.to > 2) return false;
  const between = text.slice(before.to, after.from);
  const areDigits = DIGITS.test(before.key) && DIGITS.test(after.key);
  if (!areDigits && between === " ") {
    // A letter with an apostrophe behind it begins an elision: `l’homme d’aujourd’hui`.
    const isElided = APOSTROPHE.test(text.charAt(after.to));
    return CONTRACTED.test(after.key) && LATIN.test(before.key) && !isElided;
  }
  if (!areDigits) return APOSTROPHE.test(between);
  const { length } = after.key;
  if (THOUSANDS.test(between) && before.key.length <= 3 && length === 3) return true;
  // The cents of `1,250.00` are no group of `1250`.
  if (between === "." && length === 2 && before.key.length !== 2) return false;
  return IN_NUMBER.test(between) && length >= 2 && length <= 4;
}

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
