import { html } from "hono/html";
import type { Answer, MediaType, Method, Operation, Parameter, Reference } from "../json-schema.ts";
import { inline, type Markup, prose, typeLine } from "./schema.ts";

export type Listed = { path: string; method: Method; operation: Operation };

/** What the operations of a document have in common, and the origin of the addresses in examples. */
type Common = { origin: string; responses: Record<string, Answer> };

/** One operation, with an anchor of its `operationId`. */
export function operationSection(
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
export function answerDetails({ description, headers = {}, content = {} }: Answer): Markup {
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
