import { html, raw } from "hono/html";
import type {
  Answer,
  MediaType,
  Method,
  OpenApiDocument,
  Operation,
  Parameter,
  Reference,
  Schema,
} from "./json-schema.ts";
import { STYLE } from "./routes.ts";

/** The HTML document that shows an OpenAPI document; `origin` is that of the addresses in its examples. */
export async function docsPage(document: OpenApiDocument, origin: string): Promise<string> {
  const { info, tags, components } = document;
  const operations = listed(document);
  const ofTag = (name: string) => operations.filter(({ operation }) => operation.tags[0] === name);
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${info.title} ${info.version}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">To the operations</a>
<header>
<h1>${info.title} <span class="muted">${info.version}</span></h1>
${prose(info.description)}
<p><a href="/openapi.json">OpenAPI document</a></p>
</header>
<nav aria-label="Contents">
${tags.map(({ name }) => html`<h2>${name}</h2>\n<ul>${ofTag(name).map(link)}\n</ul>\n`)}
<h2>Reference</h2>
<ul><li><a href="#answers">Shared answers</a></li><li><a href="#headers">Headers</a></li><li><a href="#schemas">Schemas</a></li></ul>
</nav>
<main id="main">
${tags.map(
  ({ name, description }) => html`<section id="${name.toLowerCase()}">
<h2>${name}</h2>
${prose(description)}
${ofTag(name).map((each) => operationSection(each, { origin, responses: components.responses }))}
</section>\n`,
)}
${reference(components)}
</main>
</body>
</html>
`;
  return page.toString();
}

const listed = ({ paths }: OpenApiDocument): Listed[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      path,
      method: method as Method,
      operation,
    })),
  );

const link = ({ operation: { operationId, summary } }: Listed): Markup =>
  html`\n<li><a href="#${operationId}">${inline(summary)}</a></li>`;

const reference = ({ responses, headers, schemas }: OpenApiDocument["components"]): Markup => html`
<section id="answers">
<h2>Shared answers</h2>
${Object.entries(responses).map(
  ([name, answer]) => html`<article id="answer-${name}">
<h3><a href="#answer-${name}">${name}</a></h3>
${answerDetails(answer)}
</article>\n`,
)}
</section>
<section id="headers">
<h2>Headers</h2>
<dl>${Object.entries(headers).map(
  ([name, { description, schema, example }]) => html`
<dt id="header-${name}"><code>${name}</code> <span class="muted">${typeLine(schema)}</span></dt>
<dd><p>${inline(description)}</p><p><code>${String(example)}</code></p></dd>`,
)}
</dl>
</section>
<section id="schemas">
<h2>Schemas</h2>
${Object.entries(schemas).map(
  ([name, schema]) => html`<article id="schema-${name}">
<h3><a href="#schema-${name}">${name}</a></h3>
${members(schema)}
</article>\n`,
)}
</section>`;

type Listed = { path: string; method: Method; operation: Operation };

/** What the operations of a document have in common, and the origin of the addresses in examples. */
type Common = { origin: string; responses: Record<string, Answer> };

/** One operation, with an anchor of its `operationId`. */
function operationSection(
  { path, method, operation }: Listed,
  { origin, responses: shared }: Common,
): Markup {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  return html`
<article id="${operationId}">
<h3><a href="#${operationId}">${inline(summary)}</a></h3>
<p class="address"><code><strong class="${method}">${method.toUpperCase()}</strong> ${path}</code>
<span class="muted">${access(operation)}</span></p>
${prose(description)}
<pre><code>${curl(origin, path, method, operation)}</code></pre>
${parameters.length > 0 && html`<h4>Parameters</h4>\n<dl>${parameters.map(parameter)}\n</dl>`}
${requestBody && html`<h4>Body</h4>\n${prose(requestBody.description)}${contents(requestBody.content)}`}
<h4>Answers</h4>
<dl>${Object.entries(responses).map(([status, answer]) => answerItem(status, answer, shared))}
</dl>
</article>`;
}

function access({ security }: Operation): string {
  const [first] = security;
  if (first?.token) return `scope ${first.token.join(", ")}`;
  return first === undefined ? "open" : "the callback's credentials";
}

const parameter = ({ name, in: place, required, schema, description }: Parameter): Markup => html`
<dt><code>${name}</code> <span class="muted">${place}, ${typeLine(schema)}${required ? "" : ", optional"}</span></dt>
<dd>${inline(description)}</dd>`;

function answerItem(
  status: string,
  answer: Answer | Reference,
  shared: Record<string, Answer>,
): Markup {
  const item = (markup: unknown) => html`\n<dt>${status}</dt>\n<dd>${markup}</dd>`;
  if (!("$ref" in answer)) return item(answerDetails(answer));
  const name = answer.$ref.slice(answer.$ref.lastIndexOf("/") + 1);
  const found = shared[name];
  // What is asked for is shown in place, whatever else shows it.
  if (found && status.startsWith("2")) return item(answerDetails(found));
  return item([inline(found?.description ?? ""), html` <a href="#answer-${name}">${name}</a>`]);
}

/** What an answer means, its headers and its bodies. */
function answerDetails({ description, headers = {}, content = {} }: Answer): Markup {
  const names = Object.keys(headers).map((name, index) => [
    index > 0 && ", ",
    html`<a href="#header-${name}"><code>${name}</code></a>`,
  ]);
  return html`<p>${inline(description)}</p>
${names.length > 0 && html`<p class="muted">Headers: ${names}</p>\n`}${contents(content)}`;
}

const contents = (content: Record<string, MediaType>): Markup[] =>
  Object.entries(content).map(
    ([
      type,
      { schema, examples = {} },
    ]) => html`<p><code>${type}</code> <span class="muted">${typeLine(schema)}</span></p>
${Object.values(examples).map(
  ({ summary = "Example", value }) =>
    html`<details><summary>${summary}</summary><pre><code>${shown(value)}</code></pre></details>\n`,
)}`,
  );

const shown = (value: unknown) =>
  typeof value === "string" ? value : JSON.stringify(value, null, 2);

/** A command line that asks for an operation, with what its examples say. */
function curl(origin: string, path: string, method: Method, operation: Operation): string {
  const { security, requestBody } = operation;
  const from = "101" in operation.responses ? origin.replace(/^http/, "ws") : origin;
  const words = [`curl ${quoted(from + target(path, operation))}`];
  if (method !== "get" && !(method === "post" && requestBody))
    words.push(`-X ${method.toUpperCase()}`);
  if (security.some(({ callback }) => callback)) words.push('-u "$CALLBACK_CREDENTIALS"');
  if (security.some(({ token }) => token)) words.push('-H "authorization: Bearer $TOKEN"');
  // The first media type is the one that a command line can hold.
  for (const [type, media] of Object.entries(requestBody?.content ?? {}).slice(0, 1)) {
    const [example] = Object.values(media.examples ?? {});
    words.push(`-H ${quoted(`content-type: ${type}`)}`);
    words.push(`-d ${quoted(JSON.stringify(example?.value))}`);
  }
  return words.join(" \\\n  ");
}

/** The path with the examples of its parameters, and of those of the query that must be there. */
function target(path: string, { parameters = [] }: Operation): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, required, example } of parameters) {
    if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(String(example)));
    if (place === "query" && required) query.set(name, String(example));
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

/** One word for a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** What a value may be, in one line: `integer from 1 to 100`, `list of Segment`. */
function typeLine(schema: Schema): (Markup | string)[] {
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
function members(schema: Schema): Markup | null {
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
  return minimum === undefined ? ` up to ${numeral(maximum)}` : ` from ${range(minimum, maximum)}`;
}

const range = (least: number, most: number | undefined) =>
  most === undefined ? `${numeral(least)} up` : `${numeral(least)} to ${numeral(most)}`;

const numeral = (number = 0) => number.toLocaleString("en");

const code = (value: unknown): Markup =>
  html`<code>${typeof value === "string" ? value : JSON.stringify(value)}</code>`;

const separated = (lines: (Markup | string)[][], separator: string): (Markup | string)[] =>
  lines.flatMap((line, index) => (index === 0 ? line : [separator, ...line]));

/** Markup: what `html` gives, texts in it escaped. */
type Markup = ReturnType<typeof html>;

const INLINE = /`([^`]+)`|\[([^\]]+)\]\(#\/components\/schemas\/(\w+)\)/;

/**
 * A description of the document as markup: of CommonMark it has paragraphs, lists with `-`, code
 * between backticks, and links to schemas.
 */
const prose = (text: string): Markup[] => text.split("\n\n").map(block);

function block(text: string): Markup {
  const lines = text.split("\n");
  if (!lines.every((line) => line.startsWith("- "))) return html`<p>${inline(text)}</p>`;
  return html`<ul>${lines.map((line) => html`<li>${inline(line.slice(2))}</li>`)}</ul>`;
}

/** One line of a description as markup. */
function inline(text: string): (Markup | string)[] {
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
