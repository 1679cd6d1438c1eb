import { conditional } from "../http/conditional.ts";
import { answer, shared } from "../http/describe/answers.ts";
import { CONDITIONS, type Describe } from "../http/describe/operation.ts";
import type { Handler, Route } from "../http/route.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { STYLE } from "./page/style.ts";

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
