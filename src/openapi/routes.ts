import { hex, sha256 } from "../digest.ts";
import { conditional } from "../http/conditional.ts";
import type { Handler } from "../http/route.ts";
import openApi from "./openapi.json" with { type: "json" };
import { docsPage } from "./page/page.ts";
import { STYLE } from "./page/style.ts";
import type { OpenApiDocument } from "./specification.ts";

// `npm run openapi` wrote it, and a test holds it to that.
const document = openApi as unknown as OpenApiDocument;

/** `GET /openapi.json` */
export const getOpenApi: Handler = (c) =>
  open(c.req.raw, JSON.stringify(document), { "content-type": "application/json" });

/** `GET /docs` */
export const getDocs: Handler = async (c) =>
  open(c.req.raw, await docsPage(document, new URL(c.req.url).origin), {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": await contentSecurityPolicy(),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });

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
