import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, SUBMIT_AND_READ } from "../http/route.ts";
import { isDigest } from "../lib/digest.ts";
import { eraseTranscript } from "../operate/erase-transcript.ts";
import { handOver } from "../queue/outbox.ts";
import { requireRecord } from "../read/open.ts";
import { requestIdOf, unknownTranscript } from "../read/require-transcript.ts";
import { changeNames } from "../store/names.ts";
import { promoteVersion } from "../store/promote.ts";
import { resubmitByPerson } from "../submit/resubmit.ts";
import { ActionCode } from "./components.tsx";
import { Cancel, formPage, forScopes, pathOf } from "./form-page.tsx";
import { action } from "./signed-in.ts";

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
