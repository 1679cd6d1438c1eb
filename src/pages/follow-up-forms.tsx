import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { redoEffect } from "../follow-ups/redrive.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, SUBMIT_AND_READ } from "../http/route.ts";
import { requestIdOf } from "../read/require-transcript.ts";
import { readEntry } from "../store/effect-claims.ts";
import { addFollowUps, followUpsBody, notARecipient } from "../submit/follow-ups.ts";
import { ActionCode, Field, Notice } from "./components.tsx";
import { followUpInWords } from "./in-words.tsx";
import { action, Cancel, formPage, forScopes, pathOf } from "./page-handlers.tsx";

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
