import { html } from "hono/html";

/** Markup: what `html` gives, texts in it escaped. */
export type Markup = ReturnType<typeof html>;

const INLINE = /`([^`]+)`|\[([^\]]+)\]\(#\/components\/schemas\/(\w+)\)/;

/**
 * A description of the document as markup: of CommonMark it has paragraphs, lists with `-`, code
 * between backticks, and links to schemas.
 */
export const prose = (text: string): Markup[] => text.split("\n\n").map(block);

function block(text: string): Markup {
  const lines = text.split("\n");
  if (!lines.every((line) => line.startsWith("- "))) return html`<p>${inline(text)}</p>`;
  return html`<ul>${lines.map((line) => html`<li>${inline(line.slice(2))}</li>`)}</ul>`;
}

/** One line of a description as markup. */
export function inline(text: string): (Markup | string)[] {
  const found = INLINE.exec(text);
  if (found === null) return [text];
  const [whole, code, label, schema] = found;
  const marked =
    code === undefined
      ? html`<a href="#schema-${schema}">${label}</a>`
      : html`<code>${code}</code>`;
  const before = text.slice(0, found.index);
  return [before, marked, ...inline(text.slice(found.index + whole.length))];
}
