import { joinTokens, tokens } from "../../transcript/search/tokens.ts";
import { cleanText } from "../../transcript/segments/clean-text.ts";
import { START_LENGTHS } from "./month-schema.ts";

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
 * All other characters are text: a word that punctuation parts is a phrase, text without letters or
 * numbers is no term.
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
 * Expressions of FTS5, all of which a transcript must meet: the tag, and one for each term. Keys are
 * letters, numbers and marks, so that nothing in the quotes can end them.
 */
export function matchExpressions(terms: readonly Term[], tag: string | undefined): string[] {
  const said = terms.map(({ keys, joined, isPrefix }) => {
    const [spelled, whole] = [keys, joined].map((each) => expression(each, isPrefix));
    return spelled === whole ? `(${spelled})` : `(${spelled} OR ${whole})`;
  });
  return tag === undefined ? said : [`tags : "${tagKey(tag)}"`, ...said];
}

/** What a row must have. Of a phrase that ends with a short beginning it is the words and the beginning anywhere. */
function expression(keys: readonly string[], isPrefix: boolean): string {
  const last = keys.at(-1) ?? "";
  if (!isPrefix || !START_LENGTHS.includes([...last].length)) {
    return `keys : "${keys.join(" ")}"${isPrefix ? " *" : ""}`;
  }
  const start = `starts : "${last}"`;
  return keys.length === 1 ? start : `(keys : "${keys.slice(0, -1).join(" ")}" AND ${start})`;
}

/** The tags of a transcript as its rows have them: in hexadecimal each is one token. */
export const tagKeys = (tags: readonly string[]): string => tags.map(tagKey).join(" ");

const tagKey = (tag: string) => new TextEncoder().encode(tag).toHex();
