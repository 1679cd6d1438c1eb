import type { Term } from "./terms.ts";

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
