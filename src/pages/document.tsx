import type { Context } from "hono";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import { countAttention } from "../catalogue/figures.ts";
import type { AppEnv } from "../config/config.ts";
import { problem } from "../http/problem.ts";
import { conditional, type Handler } from "../http/route.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { textStream } from "../read/formats.ts";
import { ActionCode, count, Icon } from "./components.tsx";

/** The pages that the bar leads to. */
export type Place = "transcripts" | "attention" | "settings" | "tokens";

export type Page = {
  title: string;
  main: Child;
  /** Whose page it is; null for those that need no sign-in. */
  session: Session | null;
  /** Which link of the bar it is. */
  place?: Place;
  /** What the search of the bar holds. */
  q?: string;
  status?: number;
  /** Origins of audio that the page may play. */
  audioOrigins?: readonly string[];
  /** What the script is to know, as attributes of `body` named `data-…`. */
  data?: Record<string, string>;
  /** After how many seconds a browser without scripts asks again. */
  refreshSeconds?: number;
  /** Whether its address is a secret, which no other site may learn. */
  isSecretAddress?: boolean;
  /** HTML that is made as it is sent, for the place marked by `STREAM_HERE`. */
  streamed?: AsyncGenerator<string>;
  /** A part of the page, by its id, that a second skip link leads to. */
  skipTo?: { id: string; name: string };
};

/** Where what streams is put into a page. */
export const STREAM_HERE = "<!--stream-->";

const NONCE_BYTES = 16;
const MAX_SHOWN_COUNT = 99;
const PRODUCT = "deepgram-edge-receiver";

const FAVICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M8 .5 15.500 8 8 15.500 .5 8Z' fill='%230b57b0'/%3E%3Cpath d='M8 5v6' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

/** A page as a response that nobody keeps: what it shows may change or be deleted at any time. */
export async function page(c: Context<AppEnv>, options: Page): Promise<Response> {
  const { session } = options;
  const [style, script, attention] = await Promise.all([
    pageAsset(c.env, "css"),
    pageAsset(c.env, "js"),
    session?.scopes.includes("admin") ? countAttention(c.env) : null,
  ]);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES)).toBase64();
  const html = `<!doctype html>\n${<Document {...options} {...{ nonce, style, script, attention }} />}`;
  // What comes first is sent at once.
  const body = options.streamed ? textStream(around(html, options.streamed), 1) : html;
  c.header("content-type", "text/html; charset=utf-8");
  return c.body(body, (options.status ?? 200) as 200, {
    ...PROTECTION,
    "content-security-policy": policy(nonce, options.audioOrigins ?? []),
    // Forms tell their origin only where the referrer is not withheld from ourselves.
    "referrer-policy": options.isSecretAddress ? "no-referrer" : "same-origin",
  });
}

/** What is around a stream is sent at once. */
async function* around(html: string, streamed: AsyncGenerator<string>): AsyncGenerator<string> {
  const at = html.indexOf(STREAM_HERE);
  if (at === -1) {
    // The page shows something else in its place.
    yield html;
    await streamed.return(undefined);
    return;
  }
  yield html.slice(0, at);
  yield* streamed;
  yield html.slice(at + STREAM_HERE.length);
}

const PROTECTION = {
  "cache-control": "private, no-store",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
  "cross-origin-opener-policy": "same-origin",
};

/** HTML to be put into a page: it may do nothing by itself. */
export function fragment(c: Context<AppEnv>, html: string): Response {
  return c.html(html, 200, {
    ...PROTECTION,
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
  });
}

function policy(nonce: string, audioOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src data:",
    ...(audioOrigins.length > 0 ? [`media-src ${audioOrigins.join(" ")}`] : []),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

type Shown = Page & { nonce: string; style: string; script: string; attention: number | null };

function Document(shown: Shown) {
  const { title, main, session, data, refreshSeconds, nonce, style, script, skipTo } = shown;
  const attributes = Object.entries(data ?? {}).map(([name, value]) => [`data-${name}`, value]);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{`${title} · ${PRODUCT}`}</title>
        <link rel="icon" href={raw(FAVICON)} />
        <link rel="stylesheet" nonce={nonce} href={style} />
        <script nonce={nonce} src={script} defer />
        {refreshSeconds && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshSeconds)} />
          </noscript>
        )}
      </head>
      <body {...Object.fromEntries(attributes)}>
        <a class="skip" href="#main">
          Skip to content
        </a>
        {skipTo && (
          <a class="skip" href={`#${skipTo.id}`}>
            {`Skip to ${skipTo.name}`}
          </a>
        )}
        {session && <Bar {...shown} session={session} />}
        <main id="main" tabindex={-1}>
          {main}
        </main>
        <p class="hidden" role="status" id="said" />
      </body>
    </html>
  );
}

/** What the links of the bar need to be allowed for a token. */
const LINKS = [
  { place: "transcripts", href: "/", name: "Transcripts", isForOperators: false },
  { place: "attention", href: "/attention", name: "Needs attention", isForOperators: true },
  { place: "settings", href: "/settings", name: "Settings", isForOperators: true },
  { place: "tokens", href: "/tokens", name: "API tokens", isForOperators: true },
  { place: null, href: "/docs", name: "Docs", isForOperators: false },
] as const;

const Bar = (shown: Shown & { session: Session }) => (
  <header class="bar">
    <div>
      <a class="brand" href="/" aria-label={PRODUCT}>
        <Icon name="brand" />
      </a>
      <nav class="wide" aria-label="Site">
        <Links {...shown} />
      </nav>
      <search>
        <form method="get" action="/search">
          <input
            name="q"
            type="search"
            value={shown.q ?? ""}
            aria-label="Search all transcripts"
            placeholder="Search all transcripts"
          />
        </form>
      </search>
      <details class="menu wide">
        <summary>
          <bdi>{shown.session.name}</bdi> <Icon name="down" />
        </summary>
        <div>
          <Account session={shown.session} />
        </div>
      </details>
      <details class="menu narrow">
        <summary>
          Menu <Icon name="down" />
        </summary>
        <div>
          <nav aria-label="Site">
            <Links {...shown} />
          </nav>
          <Account session={shown.session} />
        </div>
      </details>
    </div>
  </header>
);

const Links = ({ session, place, attention }: Shown & { session: Session }) => (
  <>
    {LINKS.filter(({ isForOperators }) => !isForOperators || session.scopes.includes("admin")).map(
      (link) => (
        <a href={link.href} {...(link.place === place && { "aria-current": "page" })}>
          {link.name}
          {link.place === "attention" && attention !== null && attention > 0 && (
            <span class="count">
              {attention > MAX_SHOWN_COUNT ? `${MAX_SHOWN_COUNT}+` : count(attention)}
            </span>
          )}
        </a>
      ),
    )}
  </>
);

const Account = ({ session }: { session: Session }) => (
  <>
    <button type="button" class="item js" data-keys>
      Keyboard shortcuts
    </button>
    <form method="post" action="/sign-out">
      <ActionCode session={session} />
      <button type="submit" class="item">
        Sign out
      </button>
    </form>
  </>
);

const DIGEST_CHARS = 16;

const TYPES = { css: "text/css", js: "text/javascript" } as const;

type Kind = keyof typeof TYPES;

const FILE = /^page-([0-9a-f]{16})\.(css|js)$/;

// What is deployed with this code does not change while it runs.
const digests = new Map<Kind, string>();

/** The address of a file that every page loads; it changes with the content. */
async function pageAsset(env: Env, kind: Kind): Promise<string> {
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
      headers: {
        ...validators,
        ...ASSET_PROTECTION,
        "content-type": `${TYPES[kind]}; charset=utf-8`,
      },
    })
  );
};

const ASSET_PROTECTION = {
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
