import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/app-env.ts";
import { pageAsset } from "./page-asset.ts";

export type Page = {
  title: string;
  main: Child;
  /** Whose page it is; null for those that need no sign-in. */
  session: Session | null;
  status?: number;
  /** Origins of audio that the page may play. */
  audioOrigins?: readonly string[];
  /** What the script is to know, as attributes of `body` named `data-…`. */
  data?: Record<string, string>;
  /** After how many seconds a browser without scripts asks again. */
  refreshSeconds?: number;
  /** Whether its address is a secret, which no other site may learn. */
  isSecretAddress?: boolean;
};

const NONCE_BYTES = 16;

/** A page as a response that nobody keeps: what it shows may change or be deleted at any time. */
export async function page(c: Context<AppEnv>, options: Page): Promise<Response> {
  const [style, script] = await Promise.all([pageAsset(c.env, "css"), pageAsset(c.env, "js")]);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES)).toBase64();
  const html = `<!doctype html>\n${<Document {...options} {...{ nonce, style, script }} />}`;
  return c.html(html, (options.status ?? 200) as 200, {
    ...PROTECTION,
    "content-security-policy": policy(nonce, options.audioOrigins ?? []),
    // Forms tell their origin only where the referrer is not withheld from ourselves.
    "referrer-policy": options.isSecretAddress ? "no-referrer" : "same-origin",
  });
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

function Document(shown: Page & { nonce: string; style: string; script: string }) {
  const { title, main, session, data, refreshSeconds, nonce, style, script } = shown;
  const attributes = Object.entries(data ?? {}).map(([name, value]) => [`data-${name}`, value]);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{title}</title>
        <link rel="icon" href="data:," />
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
        {session && <Top session={session} />}
        <main id="main" tabindex={-1}>
          {main}
        </main>
      </body>
    </html>
  );
}

const Top = ({ session }: { session: Session }) => (
  <header class="top">
    <nav aria-label="Site">
      <a href="/">Transcripts</a>
    </nav>
    <form method="post" action="/sign-out">
      <ActionCode session={session} />
      <span>
        Signed in as <bdi>{session.name}</bdi>
      </span>
      <button type="submit">Sign out</button>
    </form>
  </header>
);

/** What every form with an effect carries. */
export const ActionCode = ({ session }: { session: Session }) => (
  <input type="hidden" name="code" value={session.actionCode} />
);
