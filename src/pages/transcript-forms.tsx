import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, SUBMIT_AND_READ } from "../http/route.ts";
import { isDigest } from "../lib/digest.ts";
import { editBody, editTranscript } from "../operate/edit-transcript.ts";
import { eraseTranscript } from "../operate/erase-transcript.ts";
import { handOver } from "../queue/messages.ts";
import { requireRecord } from "../read/open-transcript.ts";
import { requestIdOf, unknownTranscript } from "../read/require-transcript.ts";
import { status } from "../read/status.ts";
import { changeNames, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS } from "../store/details.ts";
import { promoteVersion } from "../store/promote.ts";
import { resubmitByPerson } from "../submit/resubmit.ts";
import { ActionCode, Field } from "./components.tsx";
import { action, Cancel, formPage, forScopes, pathOf, tagsIn } from "./page-handlers.tsx";

const NAME_FIELD = "name.";

/** `POST /transcripts/{request_id}/names` */
export const postNames: Handler = action(SUBMIT_AND_READ, async (c, form) => {
  const requestId = requestIdOf(c);
  await requireRecord(c.env.TRANSCRIPTS, { requestId });
  const names = [...form].flatMap(([field, name]): [string, string][] =>
    field.startsWith(NAME_FIELD) ? [[field.slice(NAME_FIELD.length), name]] : [],
  );
  await changeNames(c.env.TRANSCRIPTS, requestId, new Map(names)).catch(storageUnavailable);
  return c.redirect(pathOf(requestId), 303);
});

/** `GET /transcripts/{request_id}/rename`: its title and tags. */
export const getRenameForm: Handler = forScopes(SUBMIT_AND_READ, async (c, session, id) => {
  const known = await status(c.env.TRANSCRIPTS, id, c.var.config).catch(storageUnavailable);
  if (known === null || known.state === "deleted") throw unknownTranscript();
  const { title, tags } = known;
  return renamePage(c, session, id, { title: title ?? "", tags: tags.join(", ") }, {});
});

const WRONG = {
  title: `Write a title of at most ${MAX_TITLE_CHARS} characters.`,
  tags: `Write at most ${MAX_TAGS} tags of at most ${MAX_TAG_CHARS} characters each.`,
};

type Renamed = { title: string; tags: string };

function renamePage(
  c: Context<AppEnv>,
  session: Session,
  id: RequestId,
  given: Renamed,
  errors: Partial<Renamed>,
) {
  const main = (
    <form method="post" action={`${pathOf(id)}/rename`} novalidate>
      <ActionCode session={session} />
      <Field id="rename-title" label="Title" error={errors.title}>
        {(attributes) => <input {...attributes} name="title" value={given.title} autofocus />}
      </Field>
      <Field id="rename-tags" label="Tags" hint="Separated by commas" error={errors.tags}>
        {(attributes) => <input {...attributes} name="tags" value={given.tags} />}
      </Field>
      <div class="actions">
        <Cancel id={id} />
        <button type="submit" class="primary">
          Save
        </button>
      </div>
    </form>
  );
  return formPage(c, session, {
    title: "Rename",
    main,
    isWrong: Object.keys(errors).length > 0,
  });
}

/** `POST /transcripts/{request_id}/rename`; an empty title brings back the one that came with it. */
export const postRename: Handler = action(SUBMIT_AND_READ, async (c, form, session) => {
  const requestId = requestIdOf(c);
  const given = { title: (form.get("title") ?? "").trim(), tags: form.get("tags") ?? "" };
  const known = await status(c.env.TRANSCRIPTS, requestId, c.var.config).catch(storageUnavailable);
  const tags = tagsIn(given.tags);
  // What was left as it was stays that of the callback.
  const change = {
    ...(given.title !== (known?.title ?? "") && { title: given.title || null }),
    ...(tags.join() !== known?.tags.join() && { tags }),
  };
  if (Object.keys(change).length > 0) {
    const asked = editBody.safeParse(change);
    if (!asked.success) {
      const [field] = asked.error.issues[0]?.path ?? [];
      const words = field === "title" ? { title: WRONG.title } : { tags: WRONG.tags };
      return renamePage(c, session, requestId, given, words);
    }
    await editTranscript(c.env, requestId, change);
  }
  return c.redirect(pathOf(requestId), 303);
});

/** `GET /transcripts/{request_id}/versions/{sha256}`: asks before another version becomes current. */
export const getPromoteForm: Handler = forScopes("admin", (c, session, id) => {
  const sha256 = c.req.param("sha256") ?? "";
  const main = (
    <>
      <p>
        Readers then see this version. Translations and search are made anew from it. The present
        one is kept as a version.
      </p>
      <p class="small">
        SHA-256 <code>{sha256}</code>
      </p>
      <form method="post" action={`${pathOf(id)}/versions/${sha256}`}>
        <ActionCode session={session} />
        <div class="actions">
          <Cancel id={id} isSafe />
          <button type="submit" class="primary">
            Promote
          </button>
        </div>
      </form>
    </>
  );
  return formPage(c, session, { title: "Promote this version?", main });
});

/** `POST /transcripts/{request_id}/versions/{sha256}` */
export const postPromoteForm: Handler = action("admin", async (c) => {
  const requestId = requestIdOf(c);
  const sha256 = c.req.param("sha256") ?? "";
  const bucket = c.env.TRANSCRIPTS;
  const now = new Date().toISOString();
  const promoted = isDigest(sha256)
    ? await promoteVersion(bucket, requestId, sha256, now).catch(storageUnavailable)
    : null;
  if (promoted === null || promoted.outcome === "unknown" || promoted.outcome === "deleted")
    throw problem(404, "unknown_version", "The request has no body with this digest.");
  await handOver(c.env, { type: "callback", request_id: requestId }).catch(storageUnavailable);
  return c.redirect(pathOf(requestId), 303);
});

const NOT_RESUBMITTED = {
  "not-overdue": "It is not overdue: its result has come, or may still come.",
  "no-source": "Its audio was not given by an address. Submit the file again.",
  claimed: "It was submitted again before, or is being at this moment.",
  unconfigured: "Submissions are not configured here. /health says what is missing.",
  refused: "Deepgram refused this audio. See whether its address still holds.",
  unclear: "It is not known whether Deepgram took the audio. Look into its console.",
};

/** `POST /transcripts/{request_id}/resubmit` */
export const postResubmit: Handler = action(SUBMIT_AND_READ, async (c) => {
  const requestId = requestIdOf(c);
  const done = await resubmitByPerson(c.env, c.var.config, requestId).catch(storageUnavailable);
  if (done.outcome !== "submitted")
    throw problem(409, "not_resubmitted", NOT_RESUBMITTED[done.outcome]);
  return c.redirect(pathOf(done.requestId), 303);
});

/** `GET /transcripts/{request_id}/delete` */
export const getDeleteForm: Handler = forScopes("admin", (c, session, id) => {
  const main = (
    <>
      <p>Its translations and links go too. This can't be undone.</p>
      <p class="small">
        request_id <code>{id}</code>
      </p>
      <form method="post" action={`${pathOf(id)}/delete`}>
        <ActionCode session={session} />
        <div class="actions">
          <Cancel id={id} isSafe />
          <button type="submit" class="danger solid">
            Delete
          </button>
        </div>
      </form>
    </>
  );
  return formPage(c, session, { title: "Delete this transcript?", main });
});

/** `POST /transcripts/{request_id}/delete` */
export const postDelete: Handler = action("admin", async (c) => {
  const requestId = requestIdOf(c);
  const known = await eraseTranscript(c.env, requestId).catch(storageUnavailable);
  if (!known) throw unknownTranscript();
  return c.redirect(pathOf(requestId), 303);
});
