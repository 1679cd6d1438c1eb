import type { Term } from "./terms.ts";

/**
 * Expressions of FTS5, all of which a transcript must meet: the tag, and one for each term. Keys are
 * letters, numbers and marks, so that nothing in the quotes can end them.
 */
export function matchExpressions(terms: readonly Term[], tag: string | undefined): string[] {
  const said = terms.map(({ keys, joined, isPrefix }) => {
    const [spelled, whole] = [keys, joined].map(
      (each) => `"${each.join(" ")}"${isPrefix ? " *" : ""}`,
    );
    return `keys : ${spelled === whole ? spelled : `(${spelled} OR ${whole})`}`;
  });
  return tag === undefined ? said : [`tags : "${tagKey(tag)}"`, ...said];
}

/** The tags of a transcript as its rows have them: in hexadecimal each is one token. */
export const tagKeys = (tags: readonly string[]): string => tags.map(tagKey).join(" ");

const tagKey = (tag: string) => new TextEncoder().encode(tag).toHex();
