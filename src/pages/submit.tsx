import type { Context } from "hono";
import * as z from "zod";
import { isActionCode, isSameOrigin, type Session, sessionOf } from "../auth/session.ts";
import type { AppEnv, Config } from "../config/config.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { parseJson } from "../lib/bytes.ts";
import { openExpectation } from "../store/expectations.ts";
import { postListen } from "../submit/listen.ts";
import { ActionCode, Field, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { action, requireKeys, requireScopeOf, signedIn, tagsIn } from "./page-handlers.tsx";

const MAX_FIELD_CHARS = 2_048;

const field = z.string().trim().max(MAX_FIELD_CHARS).default("");

const fields = z.object({
  url: field,
  model: field.transform((model) => model || "nova-3"),
  language: field,
  tags: field,
});

type Fields = z.infer<typeof fields>;

const accepted = z.object({ request_id: z.string() });

const EMPTY: Fields = { url: "", model: "nova-3", language: "", tags: "" };

/** `GET /submit`; with `again`, what was submitted for that request, to be changed and sent once more. */
export const getSubmitPage: Handler = signedIn(async (c, session) => {
  requireScopeOf(session, "submit");
  const again = parseRequestId(c.req.query("again"));
  const open = again && (await openExpectation(c.env.TRANSCRIPTS, again).catch(storageUnavailable));
  if (!open?.source) return submitPage(c, session, { given: EMPTY });
  const { url, query } = open.source;
  const parameters = new URLSearchParams(query);
  const given = {
    url,
    model: parameters.get("model") ?? "",
    language: parameters.get("language") ?? "",
    tags: parameters.getAll("tag").join(", "),
  };
  return submitPage(c, session, { given });
});

/** `POST /submit`: the audio at an address, and then the page of its transcript. */
export const postSubmit: Handler = action("submit", async (c, form, session) => {
  const given = fields.parse(Object.fromEntries(form));
  const isWeb = /^https?:$/.test(URL.parse(given.url)?.protocol ?? "");
  if (!isWeb) {
    const error = "Write an address that begins with https:// or http://.";
    return submitPage(c, session, { given, error, status: 422 });
  }
  const submission = new Request(listenUrl(c, given), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: given.url }),
  });
  const response = await listen(c, submission, session);
  const answer = parseJson(await response.text());
  const { data } = accepted.safeParse(answer);
  if (!response.ok || data === undefined) {
    const refusal = refusalInWords(answer);
    return submitPage(c, session, { given, refusal, status: 422 });
  }
  return c.redirect(`/transcripts/${data.request_id}`, 303);
});

/** `POST /upload`: a file sent by the script of the page; answers as Deepgram does. */
export const postUpload: Handler = async (c) => {
  requireKeys(c);
  const session = await sessionOf(c);
  if (session === null)
    throw problem(401, "signed_out", "You are signed out. Sign in, then send it again.");
  const code = c.req.header("action-code") ?? null;
  if (!isSameOrigin(c.req.raw) || !(await isActionCode(c, session, code)))
    throw problem(403, "stale_form", "Your session changed. Send this again.");
  requireScopeOf(session, "submit");
  const type = c.req.header("content-type") ?? "application/octet-stream";
  const length = c.req.header("content-length");
  const submission = new Request(listenUrl(c, fields.parse(c.req.query())), {
    method: "POST",
    headers: { "content-type": type, ...(length && { "content-length": length }) },
    body: c.req.raw.body,
  });
  return listen(c, submission, session);
};

/** The request goes the way of all others. */
function listen(c: Context<AppEnv>, submission: Request, { tokenId, name, scopes }: Session) {
  c.req.raw = submission;
  c.set("caller", { tokenId, name, scopes });
  return postListen(c);
}

function listenUrl(c: Context<AppEnv>, { model, language, tags }: Fields): URL {
  const url = new URL("/v1/listen", c.req.url);
  const parameters = new URLSearchParams({
    model,
    ...(language === "" ? { detect_language: "true" } : { language }),
    smart_format: "true",
    diarize_model: "latest",
    utterances: "true",
  });
  for (const tag of tagsIn(tags)) parameters.append("tag", tag);
  url.search = parameters.toString();
  return url;
}

const refusal = z.object({ err_msg: z.string() }).or(z.object({ detail: z.string() }));

function refusalInWords(answer: unknown): string {
  const { data } = refusal.safeParse(answer);
  if (data === undefined) return "Deepgram refused this audio and gave no reason.";
  return "err_msg" in data ? `Deepgram refused this audio: ${data.err_msg}` : data.detail;
}

type SubmitState = { given: Fields; error?: string; refusal?: string; status?: number };

function submitPage(
  c: Context<AppEnv>,
  session: Session,
  { given, error, refusal, status = 200 }: SubmitState,
): Promise<Response> {
  const title = status === 200 ? "Submit audio" : "Error: Submit audio";
  const main = (
    <div class="form">
      {refusal && (
        <Notice tone="red" isFocused>
          <p>{refusal}</p>
        </Notice>
      )}
      <h1>Submit audio</h1>
      <SubmitForm session={session} config={c.var.config} given={given} error={error ?? null} />
    </div>
  );
  return page(c, { title, main, session, place: "transcripts", status });
}

type FormProps = { session: Session; config: Config; given?: Fields; error?: string | null };

/** Submits audio by its address, or, with scripts, a file. */
export function SubmitForm({ session, config, given = EMPTY, error = null }: FormProps) {
  if (config.deepgram.apiKey === "") {
    return <p class="dim">Set DEEPGRAM_API_KEY to submit audio here.</p>;
  }
  return (
    <form id="submit" method="post" action="/submit" data-code={session.actionCode} novalidate>
      <ActionCode session={session} />
      <div class="js" id="drop">
        <Field id="audio-file" label="Drop a file or choose one">
          {(attributes) => <input {...attributes} type="file" accept="audio/*,video/*" />}
        </Field>
      </div>
      <Field id="audio-url" label="Audio URL" error={error}>
        {(attributes) => (
          <input {...attributes} name="url" type="url" value={given.url} placeholder="https://…" />
        )}
      </Field>
      <div class="row-of">
        <Field id="model" label="Model">
          {(attributes) => <input {...attributes} name="model" value={given.model} required />}
        </Field>
        <Field id="language" label="Language" hint="Empty: detected">
          {(attributes) => <input {...attributes} name="language" value={given.language} />}
        </Field>
      </div>
      <Field id="tags" label="Tags" hint="Separated by commas">
        {(attributes) => <input {...attributes} name="tags" value={given.tags} maxlength={512} />}
      </Field>
      <button type="submit" class="primary">
        Submit audio
      </button>
      <div class="js" id="sending" hidden>
        <progress id="sent" max="1" value="0" aria-label="Upload" />
        <p class="with-copy">
          <span id="submitted" />
          <button type="button" class="quiet" id="cancel-upload">
            Cancel
          </button>
        </p>
      </div>
      <p class="error" id="refused" role="alert" hidden />
    </form>
  );
}
