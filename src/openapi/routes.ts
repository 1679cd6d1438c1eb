import { answer, shared } from "../http/describe/answers.ts";
import { CONDITIONS, type Describe } from "../http/describe/operation.ts";
import { conditional, type Handler, type Route } from "../http/route.ts";
import { hex, sha256 } from "../lib/digest.ts";

// `npm run openapi` writes what is served here.

/** Stands in the page that is made ahead for the origin of the Worker that shows it. */
export const DOCS_ORIGIN = "https://this-worker.invalid";

/** `GET /openapi.json` */
export const getOpenApi: Handler = async (c) =>
  open(c.req.raw, await asset(c.env, "openapi.json"), { "content-type": "application/json" });

/** `GET /docs` */
export const getDocs: Handler = async (c) => {
  const { origin } = new URL(c.req.url);
  const page = await asset(c.env, "docs.html");
  return open(c.req.raw, withOrigin(page, origin), {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": await contentSecurityPolicy(),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
};

async function asset({ ASSETS }: Pick<Env, "ASSETS">, name: string): Promise<string> {
  const response = await ASSETS.fetch(`https://assets.invalid/${name}`);
  if (!response.ok) throw new Error(`the asset ${name} is answered ${response.status}`);
  return response.text();
}

/** The page with the addresses of this Worker, of HTTP and of WebSockets. */
const withOrigin = (page: string, origin: string): string =>
  page
    .replaceAll(DOCS_ORIGIN, origin)
    .replaceAll(DOCS_ORIGIN.replace(/^http/, "ws"), origin.replace(/^http/, "ws"));

/** A text for everyone: pages of any origin may read it. */
async function open(
  request: Request,
  text: string,
  own: Record<string, string>,
): Promise<Response> {
  const validators = {
    etag: `"${hex(await sha256(text))}"`,
    "cache-control": "no-cache",
    "access-control-allow-origin": "*",
  };
  const ended = conditional(request.headers, validators);
  return ended ?? new Response(text, { headers: { ...validators, ...own } });
}

/** Its style, and nothing else at all. */
async function contentSecurityPolicy(): Promise<string> {
  const digest = new Uint8Array(await sha256(STYLE)).toBase64();
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

export const openApiRoute: Route = {
  method: "GET",
  path: "/openapi.json",
  scope: null,
  handle: getOpenApi,
};

export const docsRoute: Route = { method: "GET", path: "/docs", scope: null, handle: getDocs };

export const openApiOperation: Describe = () => ({
  route: openApiRoute,
  tag: "About",
  operationId: "getOpenApi",
  summary: "Read this description",
  description: "As an OpenAPI 3.1 document; pages of any origin may read it.",
  headers: CONDITIONS,
  responses: {
    200: answer("The document.", "application/json", { schema: { type: "object" } }, [
      "ETag",
      "Cache-Control",
    ]),
    304: shared("NotModified"),
    412: shared("PreconditionFailed"),
  },
});

export const docsOperation: Describe = () => ({
  route: docsRoute,
  tag: "About",
  operationId: "getDocs",
  summary: "Read this description as a page",
  description: "One HTML document that needs nothing besides; it may be saved and read offline.",
  headers: CONDITIONS,
  responses: {
    200: answer("The page.", "text/html", { schema: { type: "string" } }, [
      "ETag",
      "Cache-Control",
      "Content-Security-Policy",
    ]),
    304: shared("NotModified"),
    412: shared("PreconditionFailed"),
  },
});

/** The one style of the page: for light and dark, narrow and wide, and paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: #1b2027; --muted: #57606a; --link: #0a55c4; --line: #c9d1d9;
  --back: #ffffff; --panel: #f4f6f8;
  --get: #0a55c4; --post: #176f2c; --put: #7d4b00; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e9ef; --muted: #9ba7b4; --link: #86bbff; --line: #38424d;
    --back: #10151b; --panel: #1a212a;
    --get: #86bbff; --post: #66d08a; --put: #efb54a; --delete: #ff938a;
  }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere }
a { color: var(--link) }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.skip { position: absolute; left: -100vw }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--back) }
header, nav, main { padding: 1rem; max-width: 56rem }
nav ul { margin: .25rem 0 1rem; padding: 0; list-style: none }
nav li { margin: .3rem 0 }
nav a { display: block; text-decoration: none }
nav a:hover, nav a:focus { text-decoration: underline }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .5rem }
nav h2 { font-size: 1rem; margin: 0 }
h3 { font-size: 1.1rem; margin: 0 }
h4 { font-size: 1rem; margin: 1.25rem 0 .25rem }
h2 a, h3 a { color: inherit; text-decoration: none }
h2 a:hover, h3 a:hover { text-decoration: underline }
article { margin: 1.25rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem }
:target { outline: 3px solid var(--link); outline-offset: 2px }
code, pre { font: .875rem/1.5 ui-monospace, monospace }
pre { margin: .5rem 0; padding: .75rem; background: var(--panel); border-radius: .375rem; white-space: pre-wrap }
.address { margin: .25rem 0 }
.get { color: var(--get) } .post { color: var(--post) } .put { color: var(--put) } .delete { color: var(--delete) }
.muted { color: var(--muted) }
dl { margin: .25rem 0 }
dt { margin-top: .6rem; font-weight: 600 }
dt code { font-weight: 600 }
dt .muted, dt .muted code { font-weight: normal }
dd { margin: 0 0 0 1rem }
dd p, article > p { margin: .25rem 0 }
dd dl { padding-left: .75rem; border-left: 2px solid var(--line) }
summary { cursor: pointer; color: var(--link) }
@media (min-width: 64rem) {
  body { display: grid; grid-template-columns: 20rem minmax(0, 1fr); grid-template-rows: auto 1fr; column-gap: 1rem }
  header { grid-column: 2 }
  nav { grid-row: 1 / 3; grid-column: 1; position: sticky; top: 0; height: 100vh; overflow-y: auto; border-right: 1px solid var(--line) }
  main { grid-column: 2 }
}
@media print {
  nav, .skip { display: none }
  article { border: 0; padding: 0 }
}
`;
