import { START_LENGTHS } from "./month-schema.ts";
import type { Term } from "./terms.ts";

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
