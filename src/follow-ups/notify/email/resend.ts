import * as z from "zod";
import type { Mailbox } from "../../../config/mailbox.ts";
import type { Outcome } from "../../outcome.ts";
import { callProvider, redactSecrets } from "../../provider-call.ts";
import type { Email, EmailSender } from "./sender.ts";

const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 16_384;

const accepted = z.object({ id: z.string() });
const refusal = z.object({
  name: z
    .string()
    .regex(/^\w{1,64}$/)
    .optional()
    .catch(undefined),
  message: z.string().optional(),
});

/**
 * Sends through Resend. Its idempotency keys hold for 24 hours: within them any number of attempts
 * sends one message.
 * https://resend.com/docs/dashboard/emails/idempotency-keys
 */
export function resend({ url, apiKey }: { url: string; apiKey: string }): EmailSender {
  return {
    name: "resend",
    send: (email, idempotencyKey) => sendOnce(url, apiKey, email, idempotencyKey),
  };
}

async function sendOnce(
  url: string,
  apiKey: string,
  { from, to, subject, text, html }: Email,
  idempotencyKey: string,
): Promise<Outcome> {
  const answer = await callProvider(`${url.replace(/\/+$/, "")}/emails`, {
    headers: {
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      "idempotency-key": idempotencyKey,
    },
    body: JSON.stringify({ from: written(from), to: [to], subject, text, html }),
    timeoutMs: ANSWER_TIMEOUT_MS,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    secrets: [apiKey],
  });
  if (!answer.answered) {
    const { error, detail } = answer;
    return { result: "retry", error: `Resend, ${error}`, detail, isUnknown: true };
  }
  const { status, json, retryAfterSeconds } = answer;
  if (status >= 200 && status < 300) {
    const { id } = accepted.safeParse(json).data ?? {};
    return { result: "done", messageId: id, status };
  }
  const { name = "", message } = refusal.safeParse(json).data ?? {};
  const trouble = {
    error: `Resend answered ${status}${name && ` ${name}`}`,
    detail: message && redactSecrets(message, [apiKey]),
    status,
  };
  // An earlier attempt, with other words in it, was taken under this key.
  if (name === "invalid_idempotent_request") return { result: "uncertain", ...trouble };
  // It may have been taken before that was answered, or be just being taken.
  const isUnknown = status >= 500 || name === "concurrent_idempotent_requests";
  if (status !== 429 && !isUnknown) return { result: "failed", ...trouble };
  return { result: "retry", ...trouble, retryAfterSeconds, ...(isUnknown && { isUnknown }) };
}

/** RFC 5322, 3.4, but in Unicode: Resend encodes the name. */
const written = ({ address, name }: Mailbox): string =>
  name === null ? address : `"${name}" <${address}>`;
