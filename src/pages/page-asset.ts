import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { conditional } from "../http/route.ts";
import { hex, sha256 } from "../lib/digest.ts";

const DIGEST_CHARS = 16;

const TYPES = { css: "text/css", js: "text/javascript" } as const;

type Kind = keyof typeof TYPES;

const FILE = /^page-([0-9a-f]{16})\.(css|js)$/;

// What is deployed with this code does not change while it runs.
const digests = new Map<Kind, string>();

/** The address of a file that every page loads; it changes with the content. */
export async function pageAsset(env: Env, kind: Kind): Promise<string> {
  const digest = digests.get(kind) ?? (await read(env, kind)).digest;
  return `/assets/page-${digest}.${kind}`;
}

/** `GET /assets/page-{digest}.{css|js}`: for everyone, as those are to whom a transcript is shared. */
export const getPageAsset: Handler = async (c) => {
  const [, asked, kind] = FILE.exec(c.req.param("file") ?? "") ?? [];
  if (kind !== "css" && kind !== "js")
    throw problem(404, "unknown_route", "There is nothing at this address.");
  const { text, digest } = await read(c.env, kind);
  // During a deployment a page of one version may ask the other.
  const isSame = asked === digest;
  const validators = {
    etag: `"${digest}"`,
    "cache-control": isSame ? "public, max-age=31536000, immutable" : "no-store",
  };
  const ended = conditional(c.req.raw.headers, validators);
  return (
    ended ??
    new Response(text, {
      headers: { ...validators, ...PROTECTION, "content-type": `${TYPES[kind]}; charset=utf-8` },
    })
  );
};

const PROTECTION = {
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

async function read({ ASSETS }: Env, kind: Kind): Promise<{ text: string; digest: string }> {
  const response = await ASSETS.fetch(`https://assets.invalid/page.${kind}`);
  if (!response.ok) throw new Error(`the asset page.${kind} is answered ${response.status}`);
  const text = await response.text();
  const digest = hex(await sha256(text)).slice(0, DIGEST_CHARS);
  digests.set(kind, digest);
  return { text, digest };
}
