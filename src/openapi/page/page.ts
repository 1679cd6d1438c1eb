import { html, raw } from "hono/html";
import type { Method, OpenApiDocument } from "../json-schema.ts";
import { answerDetails, type Listed, operationSection } from "./operation.ts";
import { inline, type Markup, members, prose, typeLine } from "./schema.ts";
import { STYLE } from "./style.ts";

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
