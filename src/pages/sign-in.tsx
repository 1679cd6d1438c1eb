import type { Context } from "hono";
import { tokenOwner } from "../auth/require-scope.ts";
import { endSession, isSameOrigin, sessionOf, startSession } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { Field, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { action, asPage, formOf, isOnOwnMachine, requireKeys } from "./page-handlers.tsx";

/** `GET /sign-in` */
export const getSignIn: Handler = asPage(async (c) => {
  requireKeys(c);
  const next = returnPath(c.req.query("next"));
  if ((await sessionOf(c)) !== null) return c.redirect(next, 303);
  return signInPage(c, { next, error: null, hasEnded: c.req.query("ended") !== undefined });
});

/** `POST /sign-in` */
export const postSignIn: Handler = asPage(async (c) => {
  requireKeys(c);
  // Nobody else may sign a browser in: what is then done in it would be done in their name.
  if (!isSameOrigin(c.req.raw))
    throw problem(403, "stale_form", "This was not sent by the sign-in page.");
  const form = await formOf(c.req.raw);
  const next = returnPath(form.get("next") ?? undefined);
  const token = form.get("token")?.trim() ?? "";
  const owner = await tokenOwner(c, token);
  if (owner === null)
    return signInPage(c, { next, error: "This token isn't valid. Copy all of it." });
  if (!owner.scopes.includes("read"))
    return signInPage(c, { next, error: "This token lacks the read scope." });
  await startSession(c, token, owner);
  return c.redirect(next, 303);
});

/** `POST /sign-out` */
export const postSignOut: Handler = action(null, async (c, _, session) => {
  await endSession(c, session);
  return c.redirect("/sign-in?ended", 303);
});

type SignIn = { next: string; error: string | null; hasEnded?: boolean };

function signInPage(c: Context<AppEnv>, { next, error, hasEnded }: SignIn): Promise<Response> {
  const main = (
    <div class="form">
      {hasEnded && (
        <Notice tone="green">
          <p>You've been signed out.</p>
        </Notice>
      )}
      <h1>Sign in</h1>
      <p class="dim">Stores Deepgram transcripts, shows them and runs follow-ups.</p>
      <form method="post" action="/sign-in" novalidate>
        <input type="hidden" name="next" value={next} />
        <Field
          id="token"
          label="API token"
          hint="A token from API_TOKENS or the API tokens page, with the read scope."
          error={error}
        >
          {(attributes) => (
            <span class="with-copy">
              <input
                {...attributes}
                name="token"
                type="password"
                autocomplete="current-password"
                required
                autofocus
              />
              <button type="button" class="js" data-show="token" aria-pressed="false">
                Show
              </button>
            </span>
          )}
        </Field>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
      <LocalToken c={c} next={next} />
    </div>
  );
  const title = error === null ? "Sign in" : "Error: Sign in";
  return page(c, { title, main, session: null, status: error === null ? 200 : 422 });
}

/** On one's own machine the token is no secret: it is in the repository's example. */
function LocalToken({ c, next }: { c: Context<AppEnv>; next: string }) {
  const { apiTokens } = c.var.config;
  const readers = apiTokens.filter(({ scopes }) => scopes.includes("read"));
  const local = readers.find(({ scopes }) => scopes.includes("admin")) ?? readers[0];
  if (!isOnOwnMachine(c) || local === undefined) return null;
  return (
    <form class="card" method="post" action="/sign-in">
      <p>
        This runs on your machine. Its token is <code>{local.token}</code>
      </p>
      <input type="hidden" name="next" value={next} />
      <input type="hidden" name="token" value={local.token} />
      <button type="submit">Use this token</button>
    </form>
  );
}

const OWN_PAGE = /^\/(?:transcripts\/[0-9a-fA-F-]{36}|search|submit|attention|settings|tokens)?$/;

/** Where to go after the sign-in: one of our pages, and `/` for anything else that was asked for. */
function returnPath(asked: string | undefined): string {
  // Resolved as a browser would: `//host` and `/\host` are other hosts.
  const url = URL.parse(asked ?? "/", "https://own.invalid");
  if (url === null || url.origin !== "https://own.invalid") return "/";
  return OWN_PAGE.test(url.pathname) ? url.pathname + url.search : "/";
}
