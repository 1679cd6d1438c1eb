import * as z from "zod";
import type { EffectOn } from "../../../config/follow-ups.ts";
import type { EmailSettings, Mailbox } from "../../../config/providers.ts";
import { type Facts, NO_FACTS } from "../../../deepgram/callback.ts";
import { timeout } from "../../../lib/timeout.ts";
import { readInsights, segmentsOf } from "../../../store/stored-segments.ts";
import { type Attempt, callProvider, type Outcome, pageUrl, redactSecrets } from "../../channel.ts";
import { composeEmail, type EmailNews } from "./compose-email.ts";

/** Sends one e-mail about a transcript. Throws when R2 does not answer. */
export async function sendEmail(effect: EffectOn<"email">, attempt: Attempt): Promise<Outcome> {
  const { env, config, key } = attempt;
  const { email } = config.providers;
  if (!email.ok) {
    const error = `e-mail is not configured: ${email.missing} is missing or wrong`;
    return { result: "failed", error };
  }
  const content = await composeEmail(await newsOf(effect, attempt));
  await attempt.confirm();
  return senderOf(env, email).send({ from: email.from, to: effect.to, ...content }, key);
}

function senderOf(env: Pick<Env, "EMAIL">, settings: EmailSettings): EmailSender {
  return settings.provider === "resend" ? resend(settings) : cloudflareEmail(env.EMAIL);
}

async function newsOf(
  { event }: EffectOn<"email">,
  { env, config, subject }: Attempt,
): Promise<EmailNews> {
  const { requestId } = subject;
  const about = { requestId, title: null, link: pageUrl(config.publicUrl, requestId) };
  if (subject.is === "missing") {
    const { expectedAt, deadlineAt, reason } = subject.expectation;
    return event === "transcript.failed"
      ? { ...about, event, facts: failedFacts(reason), receivedAt: deadlineAt ?? expectedAt }
      : { ...about, event: "transcript.overdue", dueAt: deadlineAt ?? expectedAt };
  }
  const { record, facts } = subject;
  const { receivedAt } = record;
  if (event === "transcript.failed") return { ...about, event, facts, receivedAt };
  const insights = await readInsights(env.TRANSCRIPTS, record);
  if (record.kind === "text")
    return { ...about, event: "text.received", facts, receivedAt, insights };
  const { summary } = insights;
  const segments = segmentsOf(env.TRANSCRIPTS, record);
  return { ...about, event: "transcript.received", facts, receivedAt, summary, segments };
}

/** What is known of a failure that only Deepgram's records tell of. */
const failedFacts = (reason: string | null): Facts => ({
  ...NO_FACTS,
  error: { code: null, message: reason, details: null },
});

export type Email = { from: Mailbox; to: string; subject: string; text: string; html: string };

/** A way to send e-mail. */
export type EmailSender = {
  name: string;
  /**
   * Makes one attempt. `idempotencyKey`, of 1 to 256 characters, is the same for every attempt at the
   * same message; not every provider takes one.
   */
  send: (email: Email, idempotencyKey: string) => Promise<Outcome>;
};

const ANSWER_TIMEOUT_MS = 10_000;
const DAILY_LIMIT_WAIT_SECONDS = 3_600;

/**
 * Codes that say that nothing was sent, and why not.
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/#error-codes
 */
const REFUSED = new Set([
  "E_VALIDATION_ERROR",
  "E_FIELD_MISSING",
  "E_TOO_MANY_RECIPIENTS",
  "E_TOO_MANY_ATTACHMENTS",
  "E_SENDER_NOT_VERIFIED",
  "E_SENDER_DOMAIN_NOT_AVAILABLE",
  "E_RECIPIENT_NOT_ALLOWED",
  "E_RECIPIENT_SUPPRESSED",
  "E_CONTENT_TOO_LARGE",
  "E_DELIVERY_FAILED",
  "E_HEADER_NOT_ALLOWED",
  "E_HEADER_USE_API_FIELD",
  "E_HEADER_VALUE_INVALID",
  "E_HEADER_VALUE_TOO_LONG",
  "E_HEADER_NAME_INVALID",
  "E_HEADERS_TOO_LARGE",
  "E_HEADERS_TOO_MANY",
]);

const coded = z.object({ code: z.string().regex(/^E_[A-Z_]+$/) });

/**
 * Sends through Cloudflare's `send_email` binding. It takes no idempotency key: an error that does not
 * say that the message was refused leaves it `uncertain`.
 */
export function cloudflareEmail(binding: SendEmail): EmailSender {
  return { name: "cloudflare", send: (email) => sendOnce(binding, email) };
}

async function sendOnce(binding: SendEmail, email: Email): Promise<Outcome> {
  const { from, to, subject, text, html } = email;
  const sender = from.name === null ? from.address : { email: from.address, name: from.name };
  try {
    const sending = binding.send({ from: sender, to, subject, text, html });
    const { messageId } = await timeout(sending, ANSWER_TIMEOUT_MS, "Cloudflare's answer");
    return { result: "done", messageId };
  } catch (thrown) {
    return outcomeOf(thrown);
  }
}

function outcomeOf(thrown: unknown): Outcome {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = codeOf(thrown, message);
  const trouble = {
    error: `Cloudflare${code === null ? "" : ` ${code}`}`,
    detail: redactSecrets(message),
  };
  if (code === "E_RATE_LIMIT_EXCEEDED") return { result: "retry", ...trouble };
  if (code === "E_DAILY_LIMIT_EXCEEDED") {
    return { result: "retry", ...trouble, retryAfterSeconds: DAILY_LIMIT_WAIT_SECONDS };
  }
  // The binding of `wrangler dev` gives no code to what its configuration does not allow.
  const isRefused =
    code === null ? /^email (?:to|from) .* not allowed$/.test(message) : REFUSED.has(code);
  return { result: isRefused ? "failed" : "uncertain", ...trouble };
}

/** The property `code`, or what the message has in its place after crossing a border that drops it. */
function codeOf(thrown: unknown, message: string): string | null {
  return coded.safeParse(thrown).data?.code ?? /\bE_[A-Z_]+\b/.exec(message)?.[0] ?? null;
}

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
    send: (email, idempotencyKey) => askResend(url, apiKey, email, idempotencyKey),
  };
}

async function askResend(
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
