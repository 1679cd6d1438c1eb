import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

// Makes what the Worker serves at /openapi.json and /docs. `npm start`, `npm run deploy` and the tests
// run it.

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
const { docsPage } = await load("../openapi/page.ts");
const { DOCS_ORIGIN } = await load("../openapi/routes.ts");

const { version } = JSON.parse(readFileSync(file("../../package.json"), "utf8"));
const document = await openApiDocument(version);
write("openapi.json", `${JSON.stringify(document)}\n`);
write("docs.html", await docsPage(document, DOCS_ORIGIN));

/** Leaves what is the same untouched: `wrangler dev` builds again after each change in src/. */
function write(name: string, text: string): void {
  const path = file(`../assets/${name}`);
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  // Others may read it, or write it, at the same time.
  const part = file(`../assets/.${name}.${process.pid}`);
  writeFileSync(part, text);
  renameSync(part, path);
}
