import { readFileSync, writeFileSync } from "node:fs";

// Writes what the Worker serves at /openapi.json and /docs.

const file = (path: string) => new URL(path, import.meta.url);

type Generator = {
  openApiDocument: (version: string) => Promise<unknown>;
  docsPage: (document: unknown, origin: string) => Promise<string>;
  DOCS_ORIGIN: string;
};

// By addresses that the compiler does not follow: it checks this with the types of Node, but the code
// of the Worker with those of its runtime.
const load = (path: string): Promise<Generator> => import(file(path).href);

const { openApiDocument } = await load("../openapi/document.ts");
const { docsPage } = await load("../openapi/page/page.ts");
const { DOCS_ORIGIN } = await load("../openapi/docs-origin.ts");

const { version } = JSON.parse(readFileSync(file("../../package.json"), "utf8"));
const document = await openApiDocument(version);
writeFileSync(file("../assets/openapi.json"), `${JSON.stringify(document)}\n`);
writeFileSync(file("../assets/docs.html"), await docsPage(document, DOCS_ORIGIN));
