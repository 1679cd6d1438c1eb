import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { Scope } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Handler } from "../http/route.ts";
import { requestIdOf } from "../read/require-transcript.ts";
import { page } from "./document.tsx";
import { requireScopeOf, signedIn } from "./signed-in.ts";

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
