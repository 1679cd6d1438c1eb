import type { Context } from "hono";
import type { AppEnv } from "../config/app-env.ts";
import { effectName } from "../config/effect.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { redoEffect } from "../follow-ups/redo.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { eraseTranscript } from "../operate/erase-transcript.ts";
import { listEntries } from "../store/ledger.ts";
import { ActionCode, counted } from "./components.tsx";
import { page } from "./document.tsx";
import { MAX_SELECTED } from "./list-page.tsx";
import { action } from "./signed-in.ts";
import { withQuery } from "./view.ts";

/** States of follow-ups that are tried again; what may have happened is decided one by one. */
const RETRIED = ["failed", "dead"];

/** `POST /selected`: what is to be done with the transcripts selected in the list. */
export const postSelected: Handler = action("admin", async (c, form, session) => {
  const ids = selectedIn(form);
  const what = form.get("do");
  if (what === "retry") return back(c, "retried", await retryAll(c, ids));
  if (what !== "delete") throw problem(400, "invalid_form", "This can't be done with a selection.");
  if (form.get("confirmed") === "yes") return back(c, "deleted", await deleteAll(c, ids));
  const title = `Delete ${counted(ids.length, "transcript")}?`;
  const main = (
    <div class="form">
      <h1>{title}</h1>
      <p>Their translations and links go too. This can't be undone.</p>
      <ul class="small">
        {ids.map((id) => (
          <li>
            <a href={`/transcripts/${id}`}>
              <code>{id}</code>
            </a>
          </li>
        ))}
      </ul>
      <form method="post" action="/selected">
        <ActionCode session={session} />
        <input type="hidden" name="do" value="delete" />
        <input type="hidden" name="confirmed" value="yes" />
        {ids.map((id) => (
          <input type="hidden" name="id" value={id} />
        ))}
        <div class="actions">
          <a class="button" href="/" autofocus>
            Cancel
          </a>
          <button type="submit" class="danger solid">
            Delete
          </button>
        </div>
      </form>
    </div>
  );
  return page(c, { title, main, session, place: "transcripts" });
});

function selectedIn(form: URLSearchParams): RequestId[] {
  const ids = [...new Set(form.getAll("id"))].map(parseRequestId).filter((id) => id !== null);
  if (ids.length === 0) throw problem(422, "invalid_form", "Select at least one transcript.");
  if (ids.length > MAX_SELECTED)
    throw problem(422, "invalid_form", `Select at most ${MAX_SELECTED} transcripts.`);
  return ids;
}

const back = (c: Context<AppEnv>, done: string, n: number) =>
  c.redirect(withQuery("/", { done, n }), 303);

async function deleteAll(c: Context<AppEnv>, ids: readonly RequestId[]): Promise<number> {
  let deleted = 0;
  for (const id of ids) {
    if (await eraseTranscript(c.env, id).catch(storageUnavailable)) deleted += 1;
  }
  return deleted;
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
