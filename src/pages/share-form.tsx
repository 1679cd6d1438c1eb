import type { Context } from "hono";
import * as z from "zod";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import { type Handler, SUBMIT_AND_READ } from "../http/route.ts";
import { requireRecord } from "../read/open-transcript.ts";
import { requestIdOf } from "../read/require-transcript.ts";
import { makeShare, shareBody, shareUrl } from "../read/shares.ts";
import { listShares, revokeShare } from "../store/shares.ts";
import { ActionCode, CopyField, Field } from "./components.tsx";
import { clockInWords, clockOf, dateOf } from "./in-words.tsx";
import { action, Cancel, formPage, forScopes, pathOf } from "./page-handlers.tsx";

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
