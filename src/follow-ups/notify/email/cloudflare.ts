import * as z from "zod";
import { timeout } from "../../../lib/timeout.ts";
import type { Outcome } from "../../outcome.ts";
import { redactSecrets } from "../../provider-call.ts";
import type { Email, EmailSender } from "./sender.ts";

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
