import type { Context } from "hono";
import * as z from "zod";
import { isSameOrigin } from "../auth/same-origin.ts";
import { isActionCode, type Session, sessionOf } from "../auth/session.ts";
import type { AppEnv } from "../config/app-env.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { parseJson } from "../lib/bytes.ts";
import { postListen } from "../submit/listen.ts";
import { action, requireKeys } from "./signed-in.ts";

const MAX_FIELD_CHARS = 2_048;

const field = z.string().trim().max(MAX_FIELD_CHARS).default("");

const fields = z.object({ model: field, language: field, tag: field, translate: field });

const accepted = z.object({ request_id: z.string() });

/** `POST /submit`: the audio at an address, and then the page of its transcript. */
export const postSubmit: Handler = action("submit", async (c, form, session) => {
  const { url = "", ...rest } = Object.fromEntries(form);
  const isWeb = /^https?:$/.test(URL.parse(url)?.protocol ?? "");
  if (!isWeb) throw problem(400, "invalid_form", "Write the http or https address of the audio.");
  const submission = new Request(listenUrl(c, rest), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url }),
  });
  const response = await listen(c, submission, session);
  const answer = parseJson(await response.text());
  const { data } = accepted.safeParse(answer);
  if (!response.ok || data === undefined)
    throw problem(424, "deepgram_refused", refusalInWords(answer));
  return c.redirect(`/transcripts/${data.request_id}`, 303);
});

/** `POST /upload`: a file sent by the script of the desk; answers as Deepgram does. */
export const postUpload: Handler = async (c) => {
  requireKeys(c);
  const session = await sessionOf(c);
  if (session === null)
    throw problem(401, "signed_out", "You are signed out: sign in, then try it again.");
  const code = c.req.header("action-code") ?? null;
  if (!isSameOrigin(c.req.raw) || !(await isActionCode(c, session, code))) {
    throw problem(403, "stale_form", "This was not sent by a page of your session.");
  }
  if (!session.scopes.includes("submit")) {
    throw problem(403, "missing_scope", "Your API token has not the scope submit.");
  }
  const type = c.req.header("content-type") ?? "application/octet-stream";
  const length = c.req.header("content-length");
  const submission = new Request(listenUrl(c, c.req.query()), {
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

function listenUrl(c: Context<AppEnv>, given: Record<string, string>): URL {
  const { model, language, tag, translate } = fields.parse(given);
  const url = new URL("/v1/listen", c.req.url);
  url.search = new URLSearchParams({
    ...(model !== "" && { model }),
    ...(language === "" ? { detect_language: "true" } : { language }),
    ...(tag !== "" && { tag }),
    ...(translate !== "" && { extra: `translate:${translate}` }),
    smart_format: "true",
    diarize_model: "latest",
    utterances: "true",
  }).toString();
  return url;
}

const refusal = z.object({ err_msg: z.string() }).or(z.object({ detail: z.string() }));

function refusalInWords(answer: unknown): string {
  const { data } = refusal.safeParse(answer);
  if (data === undefined) return "Deepgram did not take the audio, and gave no reason.";
  return "err_msg" in data ? `Deepgram did not take the audio: ${data.err_msg}` : data.detail;
}
