import { readFileSync, writeFileSync } from "node:fs";

// Writes the document that the Worker serves at /openapi.json and shows at /docs.

const file = (path: string) => new URL(path, import.meta.url);

// By an address that the compiler does not follow: it checks this with the types of Node, but the
// code of the Worker with those of its runtime.
const { openApiDocument }: { openApiDocument: (version: string) => Promise<unknown> } =
  await import(file("../openapi/document.ts").href);

const { version } = JSON.parse(readFileSync(file("../../package.json"), "utf8"));
const document = await openApiDocument(version);
writeFileSync(file("../openapi/openapi.json"), `${JSON.stringify(document, null, 2)}\n`);
