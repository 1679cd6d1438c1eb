import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Child } from "hono/jsx";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import { effectName } from "../config/follow-ups.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { redoEffect } from "../follow-ups/redrive.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, SUBMIT_AND_READ } from "../http/route.ts";
import { editTranscript } from "../operate/edit-transcript.ts";
import { eraseTranscript } from "../operate/erase-transcript.ts";
import { status } from "../read/status.ts";
import { MAX_TAG_CHARS, MAX_TAGS } from "../store/details.ts";
import { listEntries } from "../store/effect-claims.ts";
import { ActionCode, counted, Field } from "./components.tsx";
import { page } from "./document.tsx";
import { exportSelected } from "./export-selected.ts";
import { listUrl } from "./list-filters.tsx";
import { action, requireScopeOf } from "./page-handlers.tsx";

/** So many transcripts are named at once; a page of the list has no more. */
export const MAX_SELECTED = 25;

/** States of follow-ups that are tried again; what may have happened is decided one by one. */
const RETRIED = ["failed", "dead"];

/** What can be done with several transcripts; shown once one is selected, without scripts always. */
export const Selection = ({ session: { scopes } }: { session: Session }) => (
  <div class="selection" id="selection">
    <span id="selected" role="status" class="js" />
    <button type="submit" name="do" value="export">
      Export
    </button>
    {scopes.includes("submit") && (
      <button type="submit" name="do" value="tag">
        Add tag
      </button>
    )}
    {scopes.includes("admin") && (
      <>
        <button type="submit" name="do" value="retry">
          Retry follow-ups
        </button>
        <button type="submit" name="do" value="delete" class="danger">
          Delete
        </button>
      </>
    )}
  </div>
);

/** `POST /selected`: what is to be done with the transcripts selected in the list. */
export const postSelected: Handler = action("read", async (c, form, session) => {
  const ids = selectedIn(form);
  const list = form.get("list");
  const back = (done: string, n: number) => c.redirect(listUrl(list, { done, n }), 303);
  if (ids.length === 0) return back("none", 0);
  const isConfirmed = form.get("confirmed") === "yes";
  switch (form.get("do")) {
    case "export":
      return exportSelected(c, ids);
    case "tag": {
      requireScopeOf(session, SUBMIT_AND_READ);
      if (!isConfirmed) return tagPage(c, session, { ids, list }, "", null);
      const tag = (form.get("tag") ?? "").trim();
      const error = `Write a tag of at most ${MAX_TAG_CHARS} characters.`;
      if (tag === "" || tag.length > MAX_TAG_CHARS)
        return tagPage(c, session, { ids, list }, tag, error);
      return back("tagged", await tagAll(c, ids, tag));
    }
    case "retry":
      requireScopeOf(session, "admin");
      return back("retried", await retryAll(c, ids));
    case "delete":
      requireScopeOf(session, "admin");
      return isConfirmed
        ? back("deleted", await deleteAll(c, ids))
        : deletePage(c, session, { ids, list });
    default:
      throw problem(400, "invalid_form", "This can't be done with a selection.");
  }
});

/** What was selected, and the list in which it was. */
type Selected = { ids: readonly RequestId[]; list: string | null };

type Asking = Selected & { title: string; what: string; children: Child };

/** Asks before something is done with the selected transcripts, which it names. */
function askingPage(
  c: Context<AppEnv>,
  session: Session,
  { title, what, ids, list, children }: Asking,
  isWrong = false,
) {
  const main = (
    <div class="form">
      <h1>{title}</h1>
      <form method="post" action="/selected" novalidate>
        <ActionCode session={session} />
        <input type="hidden" name="do" value={what} />
        <input type="hidden" name="confirmed" value="yes" />
        <input type="hidden" name="list" value={list ?? ""} />
        {ids.map((id) => (
          <input type="hidden" name="id" value={id} />
        ))}
        {children}
      </form>
      <ul class="small">
        {ids.map((id) => (
          <li>
            <a href={`/transcripts/${id}`}>
              <code>{id}</code>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
  const shown = isWrong ? `Error: ${title}` : title;
  return page(c, {
    title: shown,
    main,
    session,
    place: "transcripts",
    status: isWrong ? 422 : 200,
  });
}

const deletePage = (c: Context<AppEnv>, session: Session, { ids, list }: Selected) =>
  askingPage(c, session, {
    title: `Delete ${counted(ids.length, "transcript")}?`,
    what: "delete",
    ids,
    list,
    children: (
      <>
        <p>Their translations and links go too. This can't be undone.</p>
        <div class="actions">
          <a class="button" href={listUrl(list)} autofocus>
            Cancel
          </a>
          <button type="submit" class="danger solid">
            Delete
          </button>
        </div>
      </>
    ),
  });

function tagPage(
  c: Context<AppEnv>,
  session: Session,
  { ids, list }: Selected,
  given: string,
  error: string | null,
) {
  const children = (
    <>
      <Field id="new-tag" label="Tag" error={error}>
        {(attributes) => <input {...attributes} name="tag" value={given} autofocus />}
      </Field>
      <div class="actions">
        <a class="button" href={listUrl(list)}>
          Cancel
        </a>
        <button type="submit" class="primary">
          Add tag
        </button>
      </div>
    </>
  );
  const title = `Add a tag to ${counted(ids.length, "transcript")}`;
  return askingPage(c, session, { title, what: "tag", ids, list, children }, error !== null);
}

function selectedIn(form: URLSearchParams): RequestId[] {
  const ids = [...new Set(form.getAll("id"))].map(parseRequestId).filter((id) => id !== null);
  if (ids.length > MAX_SELECTED)
    throw problem(422, "invalid_form", `Select at most ${MAX_SELECTED} transcripts.`);
  return ids;
}

async function deleteAll(c: Context<AppEnv>, ids: readonly RequestId[]): Promise<number> {
  let deleted = 0;
  for (const id of ids) {
    if (await eraseTranscript(c.env, id).catch(storageUnavailable)) deleted += 1;
  }
  return deleted;
}

/** Those that were deleted, have the tag or have as many as they may are left alone. */
async function tagAll(c: Context<AppEnv>, ids: readonly RequestId[], tag: string): Promise<number> {
  let tagged = 0;
  for (const id of ids) {
    const known = await status(c.env.TRANSCRIPTS, id, c.var.config).catch(storageUnavailable);
    const tags = known?.tags ?? [];
    if (known === null || known.state === "deleted" || tags.length >= MAX_TAGS) continue;
    if (tags.includes(tag)) continue;
    try {
      await editTranscript(c.env, id, { tags: [...tags, tag] });
      tagged += 1;
    } catch (error) {
      // It was deleted meanwhile, or another request has taken its place.
      const isGone = error instanceof HTTPException && [307, 404, 410].includes(error.status);
      if (!isGone) throw error;
    }
  }
  return tagged;
}

async function retryAll(c: Context<AppEnv>, ids: readonly RequestId[]): Promise<number> {
  let retried = 0;
  for (const id of ids) {
    const entries = await listEntries(c.env.TRANSCRIPTS, id).catch(storageUnavailable);
    for (const { effect, state } of entries) {
      if (!RETRIED.includes(state)) continue;
      const done = await redoEffect(c.env, c.var.config, id, effectName(effect), Date.now()).catch(
        storageUnavailable,
      );
      if (done === "again") retried += 1;
    }
  }
  return retried;
}
