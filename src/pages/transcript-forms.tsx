import type { Context } from "hono";
import type { Child } from "hono/jsx";
import * as z from "zod";
import type { Session } from "../auth/session.ts";
import type { Scope } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/app-env.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { redoEffect } from "../follow-ups/redo.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, SUBMIT_AND_READ } from "../http/route.ts";
import { isDigest } from "../lib/digest.ts";
import { eraseTranscript } from "../operate/erase-transcript.ts";
import { handOver } from "../queue/outbox.ts";
import { requireRecord } from "../read/open.ts";
import { requestIdOf, unknownTranscript } from "../read/require-transcript.ts";
import { makeShare, shareBody, shareUrl } from "../read/shares.ts";
import { readEntry } from "../store/ledger.ts";
import { changeNames } from "../store/names.ts";
import { promoteVersion } from "../store/promote.ts";
import { listShares, revokeShare } from "../store/shares.ts";
import { addFollowUps, followUpsBody, notARecipient } from "../submit/follow-ups.ts";
import { resubmitByPerson } from "../submit/resubmit.ts";
import { ActionCode, CopyField, Field, Notice } from "./components.tsx";
import { page } from "./document.tsx";
import { clockInWords, followUpInWords } from "./in-words.ts";
import { action, requireScopeOf, signedIn } from "./signed-in.ts";
import { clockOf, dateOf } from "./times.tsx";

type FormPage = { title: string; main: Child; isWrong?: boolean };

/** The page of one action; scripts show its content in a dialog. */
function formPage(c: Context<AppEnv>, session: Session, { title, main, isWrong }: FormPage) {
  return page(c, {
    title: isWrong ? `Error: ${title}` : title,
    main: (
      <div class="form">
        <h1>{title}</h1>
        {main}
      </div>
    ),
    session,
    status: isWrong ? 422 : 200,
  });
}

/** A page of an action for those who may do it. */
const forScopes = (
  scopes: Scope | readonly Scope[],
  show: (c: Context<AppEnv>, session: Session, id: RequestId) => Response | Promise<Response>,
): Handler =>
  signedIn((c, session) => {
    requireScopeOf(session, scopes);
    return show(c, session, requestIdOf(c));
  });

const pathOf = (id: RequestId) => `/transcripts/${id}`;

const Cancel = ({ id, isSafe = false }: { id: RequestId; isSafe?: boolean }) => (
  <a class="button" href={pathOf(id)} data-cancel {...(isSafe && { autofocus: true })}>
    Cancel
  </a>
);

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

/** `GET /transcripts/{request_id}/translate` */
export const getTranslateForm: Handler = forScopes(SUBMIT_AND_READ, (c, session, id) =>
  translatePage(c, session, id, "", null),
);

function translatePage(
  c: Context<AppEnv>,
  session: Session,
  id: RequestId,
  given: string,
  error: string | null,
) {
  const main = (
    <form method="post" action={`${pathOf(id)}/follow-ups`} novalidate>
      <ActionCode session={session} />
      <Field id="translate" label="Languages" hint="Codes such as es or pt-BR" error={error}>
        {(attributes) => (
          <input {...attributes} name="translate" value={given} required autofocus />
        )}
      </Field>
      <div class="actions">
        <Cancel id={id} />
        <button type="submit" class="primary">
          Translate
        </button>
      </div>
    </form>
  );
  return formPage(c, session, { title: "Translate", main, isWrong: error !== null });
}

/** `GET /transcripts/{request_id}/notify` */
export const getNotifyForm: Handler = forScopes(SUBMIT_AND_READ, (c, session, id) =>
  notifyPage(c, session, id, new URLSearchParams(), {}),
);

function notifyPage(
  c: Context<AppEnv>,
  session: Session,
  id: RequestId,
  given: URLSearchParams,
  errors: Partial<Record<string, string>>,
) {
  const webhooks = [...c.var.config.webhookEndpoints.keys()];
  const main = (
    <form method="post" action={`${pathOf(id)}/follow-ups`} novalidate>
      <ActionCode session={session} />
      {errors.none && (
        <Notice tone="red">
          <p>{errors.none}</p>
        </Notice>
      )}
      {webhooks.length > 0 && (
        <Field id="webhook" label="Webhook" error={errors.webhook}>
          {(attributes) => (
            <select {...attributes} name="webhook">
              <option value="">None</option>
              {webhooks.map((name) => (
                <option value={name} selected={given.get("webhook") === name}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Field id="email" label="E-mail" error={errors.email}>
        {(attributes) => (
          <input {...attributes} name="email" type="email" value={given.get("email") ?? ""} />
        )}
      </Field>
      <Field id="sms" label="SMS" hint="Such as +15551234567" error={errors.sms}>
        {(attributes) => (
          <input {...attributes} name="sms" type="tel" value={given.get("sms") ?? ""} />
        )}
      </Field>
      <div class="actions">
        <Cancel id={id} />
        <button type="submit" class="primary">
          Notify
        </button>
      </div>
    </form>
  );
  return formPage(c, session, {
    title: "Notify",
    main,
    isWrong: Object.keys(errors).length > 0,
  });
}

const CHANNELS = ["webhook", "email", "sms"] as const;

const WRONG: Record<string, string> = {
  translate: "Write language codes such as es or pt-BR.",
  webhook: "There is no such webhook.",
  email: "Write an e-mail address such as dana@example.com.",
  sms: "Write a phone number with its country, such as +15551234567.",
};

/** `POST /transcripts/{request_id}/follow-ups` */
export const postFollowUpsForm: Handler = action(SUBMIT_AND_READ, async (c, form, session) => {
  const requestId = requestIdOf(c);
  const given = form.get("translate") ?? "";
  const translate = given.split(/[\s,]+/).filter((tag) => tag !== "");
  const notify = CHANNELS.flatMap((channel) => {
    const to = form.get(channel)?.trim() ?? "";
    return to === "" ? [] : [{ channel, to }];
  });
  const isTranslation = form.has("translate");
  const asked = followUpsBody.safeParse({ translate, notify });
  if (!asked.success) {
    const [list, index] = asked.error.issues[0]?.path ?? [];
    const field = String(list === "notify" ? notify[Number(index)]?.channel : (list ?? "none"));
    const words = WRONG[field] ?? "Choose a webhook, or write an address or a number.";
    return isTranslation
      ? translatePage(c, session, requestId, given, WRONG.translate ?? words)
      : notifyPage(c, session, requestId, form, { [WRONG[field] ? field : "none"]: words });
  }
  await addFollowUps(c, requestId, asked.data);
  return c.redirect(`${pathOf(requestId)}#timeline`, 303);
});

/** `POST /transcripts/{request_id}/retry`: asks first where it may have been sent already. */
export const postRetryOf: Handler = action("admin", async (c, form, session) => {
  const requestId = requestIdOf(c);
  const name = form.get("name") ?? "";
  const entry = await readEntry(c.env.TRANSCRIPTS, requestId, name).catch(storageUnavailable);
  if (entry?.state === "uncertain" && form.get("confirmed") !== "yes") {
    const main = (
      <>
        <p>
          <bdi>{followUpInWords(name)}</bdi>
        </p>
        <p>It may already have been sent. Retry anyway?</p>
        <form method="post" action={`${pathOf(requestId)}/retry`}>
          <ActionCode session={session} />
          <input type="hidden" name="name" value={name} />
          <input type="hidden" name="confirmed" value="yes" />
          <div class="actions">
            <Cancel id={requestId} isSafe />
            <button type="submit" class="primary">
              Retry anyway
            </button>
          </div>
        </form>
      </>
    );
    return formPage(c, session, { title: "Retry?", main });
  }
  const redone = await redoEffect(c.env, c.var.config, requestId, name, Date.now()).catch(
    storageUnavailable,
  );
  if (redone === "unknown")
    throw problem(404, "unknown_follow_up", "The transcript has no follow-up of this name.");
  if (redone === "refused") throw notARecipient();
  return c.redirect(`${pathOf(requestId)}#timeline`, 303);
});

const DAY_SECONDS = 86_400;

const LIVES: [number, string][] = [
  [DAY_SECONDS, "1 day"],
  [7 * DAY_SECONDS, "7 days"],
  [30 * DAY_SECONDS, "30 days"],
  [365 * DAY_SECONDS, "1 year"],
];

type ShareGiven = { from: string; to: string; error?: string };

/** `GET /transcripts/{request_id}/share`: the links there are, and the form for another one. */
export const getShareForm: Handler = forScopes(SUBMIT_AND_READ, (c, session, id) =>
  sharesPage(c, session, id, { from: "", to: "" }),
);

async function sharesPage(
  c: Context<AppEnv>,
  session: Session,
  id: RequestId,
  { from, to, error }: ShareGiven,
): Promise<Response> {
  const { signingKeys, publicUrl } = c.var.config;
  const record = await requireRecord(c.env.TRANSCRIPTS, { requestId: id });
  const found = await listShares(c.env.TRANSCRIPTS, id).catch(storageUnavailable);
  const clock = clockOf(c);
  const main = (
    <>
      <p class="dim">Anyone with the link can read this without signing in.</p>
      <ul class="plain">
        {
          await Promise.all(
            found.map(async (share) => (
              <li class="card">
                <CopyField text={await shareUrl(signingKeys, publicUrl, share)} what="link" />
                <div class="with-copy">
                  <span class="small dim">
                    {`${rangeInWords(share.from, share.to)} · expires ${dateOf(share.expires_at, clock)}`}
                  </span>
                  <form method="post" action={`${pathOf(id)}/shares/revoke`}>
                    <ActionCode session={session} />
                    <input type="hidden" name="id" value={share.id} />
                    <button type="submit">Revoke</button>
                  </form>
                </div>
              </li>
            )),
          )
        }
      </ul>
      <form method="post" action={`${pathOf(id)}/shares`} novalidate>
        <ActionCode session={session} />
        <Field id="expires" label="Expires in">
          {(attributes) => (
            <select {...attributes} name="expires_in">
              {LIVES.map(([seconds, name]) => (
                <option value={String(seconds)} selected={seconds === 7 * DAY_SECONDS}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        {record.kind !== "text" && (
          <div class="row-of">
            <Field id="share-from" label="From" hint="Such as 1:00" error={error}>
              {(attributes) => <input {...attributes} name="from" value={from} />}
            </Field>
            <Field id="share-to" label="To" hint="Such as 2:30">
              {(attributes) => <input {...attributes} name="to" value={to} />}
            </Field>
          </div>
        )}
        <div class="actions">
          <Cancel id={id} />
          <button type="submit" class="primary">
            Create link
          </button>
        </div>
      </form>
    </>
  );
  return formPage(c, session, { title: "Share", main, isWrong: error !== undefined });
}

function rangeInWords(from: number | null, to: number | null): string {
  if (from === null && to === null) return "All of it";
  return `${clockInWords(from ?? 0)} to ${to === null ? "the end" : clockInWords(to)}`;
}

/** Seconds from "90", "1:30" or "1:02:03"; undefined of nothing, NaN of anything else. */
const moment = z
  .string()
  .trim()
  .default("")
  .transform((text) => {
    if (text === "") return undefined;
    if (!/^(?:\d+:){0,2}\d+(?:[.,]\d+)?$/.test(text)) return Number.NaN;
    const parts = text.replace(",", ".").split(":").map(Number);
    return parts.reduce((seconds, part) => seconds * 60 + part, 0);
  });

const shareForm = z
  .object({ expires_in: z.coerce.number(), from: moment, to: moment })
  .transform(({ from, to, ...rest }) => ({
    ...rest,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }))
  .pipe(shareBody);

/** `POST /transcripts/{request_id}/shares` */
export const postShareForm: Handler = action(SUBMIT_AND_READ, async (c, form, session) => {
  const requestId = requestIdOf(c);
  const { code: _, ...fields } = Object.fromEntries(form);
  const asked = shareForm.safeParse(fields);
  if (!asked.success) {
    const { from = "", to = "" } = fields;
    const error = "Write times such as 1:00, the first before the second.";
    return sharesPage(c, session, requestId, { from, to, error });
  }
  await makeShare(c, requestId, asked.data);
  return c.redirect(`${pathOf(requestId)}/share`, 303);
});

/** `POST /transcripts/{request_id}/shares/revoke` */
export const postRevoke: Handler = action(SUBMIT_AND_READ, async (c, form) => {
  const requestId = requestIdOf(c);
  await revokeShare(c.env.TRANSCRIPTS, requestId, form.get("id") ?? "").catch(storageUnavailable);
  return c.redirect(`${pathOf(requestId)}/share`, 303);
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
