import { joinTokens, tokens } from "../../transcript/search/tokens.ts";
import { cleanText } from "../../transcript/segments/clean-text.ts";

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
