import { html } from "hono/html";
import type { Schema } from "../json-schema.ts";

/** What a value may be, in one line: `integer from 1 to 100`, `list of Segment`. */
export function typeLine(schema: Schema): (Markup | string)[] {
  if (schema.$ref !== undefined) return [schemaLink(schema.$ref)];
  if (schema.anyOf !== undefined) return separated(schema.anyOf.map(typeLine), " or ");
  if (schema.const !== undefined) return [code(schema.const)];
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => [code(value)]);
    return ["one of ", ...separated(values, ", ")];
  }
  const types = [schema.type ?? "anything"].flat();
  const [type = "", ...others] = types;
  const line: (Markup | string)[] =
    type === "array" && schema.items ? ["list of ", ...typeLine(schema.items)] : [type];
  if (schema.format !== undefined) line.push(` (${schema.format})`);
  line.push(bounds(schema));
  if (schema.pattern !== undefined) line.push(" like ", code(schema.pattern));
  if (schema.default !== undefined) line.push(", default ", code(schema.default));
  return [...line, ...others.map((other) => ` or ${other}`)];
}

/** The members of an object, and of the objects in it; null for what has none. */
export function members(schema: Schema): Markup | null {
  const inner = schema.items ?? schema;
  if (inner.properties === undefined) return null;
  const required = new Set(inner.required);
  return html`<dl>${Object.entries(inner.properties).map(
    ([name, member]) => html`
<dt><code>${name}</code> <span class="muted">${typeLine(member)}${required.has(name) ? "" : ", optional"}</span></dt>
<dd>${inline(member.description ?? "")}${members(member)}</dd>`,
  )}
</dl>`;
}

function schemaLink(uri: string): Markup {
  const name = uri.slice(uri.lastIndexOf("/") + 1);
  return html`<a href="#schema-${name}">${name}</a>`;
}

function bounds({ minimum, maximum, minLength, maxLength }: Schema): string {
  if (minLength ?? maxLength) return ` of ${range(minLength ?? 0, maxLength)} characters`;
  if (minimum === undefined && maximum === undefined) return "";
  return minimum === undefined ? ` up to ${shown(maximum)}` : ` from ${range(minimum, maximum)}`;
}

const range = (least: number, most: number | undefined) =>
  most === undefined ? `${shown(least)} up` : `${shown(least)} to ${shown(most)}`;

const shown = (number = 0) => number.toLocaleString("en");

const code = (value: unknown): Markup =>
  html`<code>${typeof value === "string" ? value : JSON.stringify(value)}</code>`;

const separated = (lines: (Markup | string)[][], separator: string): (Markup | string)[] =>
  lines.flatMap((line, index) => (index === 0 ? line : [separator, ...line]));

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
