import { joinTokens, tokens } from "../transcript/search/tokens.ts";
import { cleanText } from "../transcript/segments/clean-text.ts";

/** What must be said: tokens one after another. */
export type Term = {
  keys: string[];
  /** The same, joined over apostrophes and the grouping of digits. */
  joined: string[];
  /** Whether the last token is only the beginning of one. */
  isPrefix: boolean;
};

const PHRASE_OR_WORD = /["“”„]([^"“”„]*)["“”„]|([^\s"“”„]+)/g;

/**
 * The terms of a query, each once: a word, a "quoted phrase", or the beginning of a word (`wor*`).
 * All other characters are text: a word that punctuation parts is a phrase, text without letters
 * or numbers is no term.
 */
export function terms(query: string): Term[] {
  const found = new Map<string, Term>();
  for (const [, phrase, word] of cleanText(query).matchAll(PHRASE_OR_WORD)) {
    const text = phrase ?? word ?? "";
    const all = tokens(text);
    const end = text.replace(/\*+$/, "").length;
    const isPrefix = word !== undefined && end < text.length && all.at(-1)?.to === end;
    const joined = joinTokens(text, all).map(({ key }) => key);
    const term = { keys: all.map(({ key }) => key), joined, isPrefix };
    if (all.length > 0) found.set(JSON.stringify(term), term);
  }
  return [...found.values()];
}

/**
 * The terms as an expression of FTS5, all of which must be met, and the tag. Keys are letters, numbers
 * and marks, so that nothing in the quotes can end them.
 */
export function matchExpression(terms: readonly Term[], tag: string | undefined): string {
  const said = terms.map(({ keys, joined, isPrefix }) => {
    const [spelled, whole] = [keys, joined].map(
      (each) => `"${each.join(" ")}"${isPrefix ? " *" : ""}`,
    );
    return spelled === whole ? spelled : `(${spelled} OR ${whole})`;
  });
  const tagged = tag === undefined ? "" : ` AND tags : "${tagKey(tag)}"`;
  return `keys : (${said.join(" AND ")})${tagged}`;
}

/** As SQLite's `hex` writes it: one token whatever the tag is. */
const tagKey = (tag: string) => new TextEncoder().encode(tag).toHex();

// The rowid of a passage in `search` is its transcript's number and its own: 31 and 22 bits, so that
// JavaScript's numbers hold it.

export const NUMBER_SHIFT = 22;

/** Of one transcript. */
export const MAX_PIECES = 2 ** NUMBER_SHIFT;
