import * as z from "zod";
import { redoEffect } from "../follow-ups/redo.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { eraseTranscript } from "../operate/erase-transcript.ts";
import { requireRecord } from "../read/open.ts";
import { requestIdOf, unknownTranscript } from "../read/require-transcript.ts";
import { makeShare, shareBody } from "../read/shares.ts";
import { revokeShare } from "../store/shares.ts";
import { addFollowUps, followUpsBody, notARecipient } from "../submit/follow-ups.ts";
import { resubmitByPerson } from "../submit/resubmit.ts";
import { writeNames } from "./names.ts";
import { action } from "./signed-in.ts";

const NAME_FIELD = "name.";

/** Names are part of what is read; follow-ups and links send it to others. */
const SUBMIT_AND_READ = ["submit", "read"] as const;

/** `POST /transcripts/{request_id}/names` */
export const postNames: Handler = action(SUBMIT_AND_READ, async (c, form) => {
  const requestId = requestIdOf(c);
  await requireRecord(c.env.TRANSCRIPTS, { requestId });
  const names = [...form].flatMap(([field, name]): [string, string][] =>
    field.startsWith(NAME_FIELD) ? [[field.slice(NAME_FIELD.length), name]] : [],
  );
  await writeNames(c.env.TRANSCRIPTS, requestId, new Map(names)).catch(storageUnavailable);
  return c.redirect(`/transcripts/${requestId}`, 303);
});

const CHANNELS = ["webhook", "email", "sms"] as const;

const WRONG: Record<string, string> = {
  translate: "Write languages as tags such as es or pt-BR.",
  webhook: "There is no such webhook.",
  email: "Write an e-mail address such as dana@example.com.",
  sms: "Write a phone number with its country, such as +15551234567.",
};

/** `POST /transcripts/{request_id}/follow-ups` */
export const postFollowUpsForm: Handler = action(SUBMIT_AND_READ, async (c, form) => {
  const requestId = requestIdOf(c);
  const translate = (form.get("translate") ?? "").split(/[\s,]+/).filter((tag) => tag !== "");
  const notify = CHANNELS.flatMap((channel) => {
    const to = form.get(channel)?.trim() ?? "";
    return to === "" ? [] : [{ channel, to }];
  });
  const asked = followUpsBody.safeParse({ translate, notify });
  if (!asked.success) {
    const [list, index] = asked.error.issues[0]?.path ?? [];
    const field = list === "notify" ? (notify[Number(index)]?.channel ?? "") : (list ?? "");
    throw problem(400, "invalid_form", WRONG[String(field)] ?? "Write what is to follow.");
  }
  await addFollowUps(c, requestId, asked.data);
  return c.redirect(`/transcripts/${requestId}#follow-ups`, 303);
});

/** `POST /transcripts/{request_id}/retry` */
export const postRetryOf: Handler = action("admin", async (c, form) => {
  const requestId = requestIdOf(c);
  const name = form.get("name") ?? "";
  const redone = await redoEffect(c.env, c.var.config, requestId, name, Date.now()).catch(
    storageUnavailable,
  );
  if (redone === "unknown")
    throw problem(404, "unknown_follow_up", "The transcript has no follow-up of this name.");
  if (redone === "refused") throw notARecipient();
  return c.redirect(`/transcripts/${requestId}#follow-ups`, 303);
});

const optionalSeconds = z
  .string()
  .trim()
  .transform((text) => (text === "" ? undefined : Number(text.replace(",", "."))));

const shareForm = z
  .object({ expires_in: z.coerce.number(), from: optionalSeconds, to: optionalSeconds })
  .transform(({ from, to, ...rest }) => ({
    ...rest,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }))
  .pipe(shareBody);

/** `POST /transcripts/{request_id}/shares` */
export const postShareForm: Handler = action(SUBMIT_AND_READ, async (c, form) => {
  const requestId = requestIdOf(c);
  const { code: _, ...fields } = Object.fromEntries(form);
  const asked = shareForm.safeParse(fields);
  if (!asked.success)
    throw problem(400, "invalid_form", "Write the range in seconds, from before to.");
  await makeShare(c, requestId, asked.data);
  return c.redirect(`/transcripts/${requestId}#shares`, 303);
});

/** `POST /transcripts/{request_id}/shares/revoke` */
export const postRevoke: Handler = action(SUBMIT_AND_READ, async (c, form) => {
  const requestId = requestIdOf(c);
  await revokeShare(c.env.TRANSCRIPTS, requestId, form.get("id") ?? "").catch(storageUnavailable);
  return c.redirect(`/transcripts/${requestId}#shares`, 303);
});

const NOT_RESUBMITTED = {
  "not-overdue": "It is not overdue: its result has come, or may still come.",
  "no-source": "Its audio was not given by an address: submit the file itself once more.",
  claimed: "It has been submitted again before, or is being at this moment.",
  unconfigured: "Submissions are not configured here; /health says what is missing.",
  refused: "Deepgram did not take the audio: see whether its address still holds.",
  unclear: "Nobody knows whether Deepgram took the audio: its console may tell.",
};

/** `POST /transcripts/{request_id}/resubmit` */
export const postResubmit: Handler = action(SUBMIT_AND_READ, async (c) => {
  const requestId = requestIdOf(c);
  const done = await resubmitByPerson(c.env, c.var.config, requestId).catch(storageUnavailable);
  if (done.outcome !== "submitted")
    throw problem(409, "not_resubmitted", NOT_RESUBMITTED[done.outcome]);
  return c.redirect(`/transcripts/${done.requestId}`, 303);
});

/** `POST /transcripts/{request_id}/delete` */
export const postDelete: Handler = action("admin", async (c) => {
  const requestId = requestIdOf(c);
  const known = await eraseTranscript(c.env, requestId).catch(storageUnavailable);
  if (!known) throw unknownTranscript();
  return c.redirect(`/transcripts/${requestId}`, 303);
});
