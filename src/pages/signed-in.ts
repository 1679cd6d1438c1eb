import type { Context } from "hono";
import { isActionCode, isSameOrigin, type Session, sessionOf } from "../auth/session.ts";
import type { Scope } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/config.ts";
import { problem } from "../http/problem.ts";
import { type Handler, scopesOf } from "../http/route.ts";
import { readLimited } from "../lib/bytes.ts";
import { asPage } from "./message-page.tsx";

type PageHandler = (c: Context<AppEnv>, session: Session) => Response | Promise<Response>;

type ActionHandler = (
  c: Context<AppEnv>,
  form: URLSearchParams,
  session: Session,
) => Response | Promise<Response>;

const MAX_FORM_BYTES = 262_144;

/** A page for those signed in with the scope `read`; others are sent to the sign-in. */
export const signedIn = (handle: PageHandler): Handler =>
  asPage(async (c) => {
    requireKeys(c);
    const session = await sessionOf(c);
    if (session === null) {
      const { pathname, search } = new URL(c.req.url);
      return c.redirect(`/sign-in?${new URLSearchParams({ next: pathname + search })}`, 303);
    }
    requireScopeOf(session, "read");
    return handle(c, session);
  });

/**
 * What a form of ours does. It must have been sent by a page of this origin, carry the code of the
 * session, and the session have the scope, or all of several, if one is asked for.
 */
export const action = (scope: Scope | readonly Scope[] | null, handle: ActionHandler): Handler =>
  asPage(async (c) => {
    requireKeys(c);
    const session = await sessionOf(c);
    if (session === null)
      throw problem(401, "signed_out", "You are signed out: sign in, then try it again.");
    const form = await formOf(c.req.raw);
    if (!isSameOrigin(c.req.raw) || !(await isActionCode(c, session, form.get("code")))) {
      throw problem(403, "stale_form", "Your session changed. Send this again.");
    }
    if (scope !== null) requireScopeOf(session, scope);
    return handle(c, form, session);
  });

/** Tags as people write them: separated by commas, each once. */
export const tagsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  ),
];

/** The fields of a form, of limited size. */
export async function formOf(request: Request): Promise<URLSearchParams> {
  const text = await readLimited(request.body, MAX_FORM_BYTES);
  if (text === null) throw problem(413, "body_too_large", "The form has too many bytes.");
  return new URLSearchParams(text);
}

export function requireKeys(c: Context<AppEnv>): void {
  const { signingKeys, apiTokens } = c.var.config;
  if (signingKeys.length > 0 && apiTokens.length > 0) return;
  const missing = signingKeys.length === 0 ? "SIGNING_KEYS" : "API_TOKENS";
  throw problem(503, "not_configured", `No ${missing} are configured: nobody can sign in.`, {
    headers: { "retry-after": "60" },
  });
}

/** Whether it runs on the reader's own machine, where secrets of the example settings may be shown. */
export function isOnOwnMachine(c: Context<AppEnv>): boolean {
  const { hostname } = new URL(c.req.url);
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  return isLoopback && c.var.config.environment === "local";
}

/** Throws a 403 for a session whose token has not the scope, or one of several. */
export function requireScopeOf(session: Session, scope: Scope | readonly Scope[]): void {
  const missing = scopesOf(scope).find((each) => !session.scopes.includes(each));
  if (missing !== undefined)
    throw problem(403, "missing_scope", `This token lacks the ${missing} scope.`);
}
