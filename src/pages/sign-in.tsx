import type { Context } from "hono";
import { tokenOwner } from "../auth/require-scope.ts";
import { isSameOrigin } from "../auth/same-origin.ts";
import { endSession, sessionOf, startSession } from "../auth/session.ts";
import type { AppEnv } from "../config/app-env.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { page } from "./document.tsx";
import { asPage } from "./message-page.tsx";
import { action, formOf, requireKeys } from "./signed-in.ts";

/** `GET /sign-in` */
export const getSignIn: Handler = asPage(async (c) => {
  requireKeys(c);
  const next = returnPath(c.req.query("next"));
  if ((await sessionOf(c)) !== null) return c.redirect(next, 303);
  return signInPage(c, next, null);
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
  if (owner === null) return signInPage(c, next, "This is not a valid API token.");
  await startSession(c, token, owner);
  return c.redirect(next, 303);
});

/** `POST /sign-out` */
export const postSignOut: Handler = action(null, async (c, _, session) => {
  await endSession(c, session);
  return c.redirect("/sign-in", 303);
});

function signInPage(c: Context<AppEnv>, next: string, error: string | null): Promise<Response> {
  const main = (
    <form class="sign-in" method="post" action="/sign-in">
      <h1>Sign in</h1>
      {error && (
        <p class="alert" id="error" role="alert">
          {error}
        </p>
      )}
      <input type="hidden" name="next" value={next} />
      <label for="token">API token</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="current-password"
        required
        autofocus
        {...(error && { "aria-invalid": "true", "aria-describedby": "error" })}
      />
      <button type="submit" class="main">
        Sign in
      </button>
    </form>
  );
  return page(c, { title: "Sign in", main, session: null, status: error === null ? 200 : 403 });
}

const OWN_PAGE = /^\/(?:transcripts\/[0-9a-fA-F-]{36})?$/;

/** Where to go after the sign-in: one of our pages, and `/` for anything else that was asked for. */
function returnPath(asked: string | undefined): string {
  // Resolved as a browser would: `//host` and `/\host` are other hosts.
  const url = URL.parse(asked ?? "/", "https://own.invalid");
  if (url === null || url.origin !== "https://own.invalid") return "/";
  return OWN_PAGE.test(url.pathname) ? url.pathname + url.search : "/";
}
