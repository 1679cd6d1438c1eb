import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Child } from "hono/jsx";
import * as z from "zod";
import { isActionCode, isSameOrigin, type Session, sessionOf } from "../auth/session.ts";
import type { Scope } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problem } from "../http/problem.ts";
import { type Handler, scopesOf } from "../http/route.ts";
import { parseJson, readLimited } from "../lib/bytes.ts";
import { requestIdOf } from "../read/require-transcript.ts";
import { page } from "./document.tsx";

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

const problemDetails = z.object({ title: z.string(), detail: z.string(), code: z.string() });

/** What a problem is called on its page, and what can be done about it, by its status. */
const WORDS: Record<number, { title?: string; next?: string }> = {
  403: { title: "You can't do this" },
  404: { title: "There's no page here" },
  429: { next: "Wait a minute, then try again." },
  500: { title: "Something went wrong here", next: "The Worker's log has the reason." },
  503: { title: "Storage isn't answering", next: "Try again soon." },
};

/** A page that says what is wrong, why, and where to go. */
function messagePage(
  c: Context<AppEnv>,
  status: number,
  { title, detail, code }: z.infer<typeof problemDetails>,
): Promise<Response> {
  const words = code === "storage_unavailable" || status !== 503 ? WORDS[status] : undefined;
  const shown = words?.title ?? title;
  const main = (
    <div class="form">
      <h1>{shown}</h1>
      <p>
        <bdi>{detail}</bdi>
      </p>
      {words?.next && <p>{words.next}</p>}
      {code !== "unknown_share" && (
        <p>
          <a href="/">Transcripts</a>
        </p>
      )}
      <p class="dim small">
        Code: <code>{code}</code>
      </p>
    </div>
  );
  return page(c, { title: `Error: ${shown}`, main, session: null, status });
}

/**
 * What is wrong, for the field that a person filled in. Throws every error on that is none of a client:
 * it has a page of its own.
 */
export async function detailOf(error: unknown): Promise<string> {
  if (!(error instanceof HTTPException) || error.status < 400 || error.status >= 500) throw error;
  const { data } = problemDetails.safeParse(parseJson(await error.getResponse().clone().text()));
  if (data === undefined) throw error;
  return data.detail;
}

/** A handler whose problems (RFC 9457) are shown as pages. */
export const asPage =
  (handle: Handler): Handler =>
  async (c) => {
    try {
      return await handle(c);
    } catch (error) {
      if (!(error instanceof HTTPException)) throw error;
      const response = error.getResponse();
      const { data } = problemDetails.safeParse(parseJson(await response.clone().text()));
      if (data === undefined) return response;
      const retryAfter = response.headers.get("retry-after");
      if (retryAfter !== null) c.header("retry-after", retryAfter);
      return messagePage(c, response.status, data);
    }
  };

type FormPage = { title: string; main: Child; isWrong?: boolean };

/** The page of one action; scripts show its content in a dialog. */
export function formPage(c: Context<AppEnv>, session: Session, { title, main, isWrong }: FormPage) {
  return page(c, {
    title: isWrong ? `Error: ${title}` : title,
    main: (
      <div class="form">
        <h1>{title}</h1>
        {main}
      </div>
    ),
    session,
    place: "transcripts",
    status: isWrong ? 422 : 200,
  });
}

/** A page of an action for those who may do it. */
export const forScopes = (
  scopes: Scope | readonly Scope[],
  show: (c: Context<AppEnv>, session: Session, id: RequestId) => Response | Promise<Response>,
): Handler =>
  signedIn((c, session) => {
    requireScopeOf(session, scopes);
    return show(c, session, requestIdOf(c));
  });

/** The address of a transcript's page. */
export const pathOf = (id: RequestId) => `/transcripts/${id}`;

/** Leads back to the transcript; `isSafe` where the other choice cannot be undone. */
export const Cancel = ({ id, isSafe = false }: { id: RequestId; isSafe?: boolean }) => (
  <a class="button" href={pathOf(id)} data-cancel {...(isSafe && { autofocus: true })}>
    Cancel
  </a>
);
