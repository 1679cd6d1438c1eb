import * as z from "zod";
import type { EffectOn } from "../../../config/effect.ts";
import { segmentsOf } from "../../../store/segments-of.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../../../transcript/segments/join-words.ts";
import type { SegmentSource } from "../../../transcript/segments/segment-source.ts";
import { type Attempt, type Outcome, pageUrl, type Trouble } from "../../attempt.ts";
import { callProvider, redactSecrets } from "../../provider-call.ts";
import { smsText } from "./sms-text.ts";

const LABELS = {
  "transcript.received": "Transcript",
  "transcript.failed": "Transcription failed",
  "transcript.overdue": "Transcript overdue",
};

/** Sends one short message about a transcript. Throws when R2 does not answer. */
export async function notifyPhone(effect: EffectOn<"sms">, attempt: Attempt): Promise<Outcome> {
  const { sms } = attempt.config.providers;
  if (!sms.ok) {
    return { result: "failed", error: `SMS is not configured: ${sms.missing} is missing or wrong` };
  }
  const link = pageUrl(attempt.config.publicUrl, attempt.subject.requestId);
  const body = smsText({
    text: await previewFor(effect, attempt),
    link,
    label: labelOf(effect, attempt),
  });
  await attempt.confirm();
  return sendSms(sms, { to: effect.to, body });
}

function labelOf({ event }: EffectOn<"sms">, { subject }: Attempt): string {
  const isText = subject.is === "stored" && subject.record.kind === "text";
  return isText && event === "transcript.received" ? "Text analysis" : LABELS[event];
}

async function previewFor({ event }: EffectOn<"sms">, { env, subject }: Attempt): Promise<string> {
  if (subject.is === "missing") return subject.expectation.reason ?? "";
  return event === "transcript.failed"
    ? (subject.facts.error?.message ?? "")
    : previewOf(segmentsOf(env.TRANSCRIPTS, subject.record));
}

const ENOUGH_CHARS = 400;

/** The first words of a transcript, more of them than a short message holds; reads no further. */
export async function previewOf(segments: SegmentSource): Promise<string> {
  let preview = "";
  for await (const segment of segments) {
    const text = cleanText(segment.text.slice(0, ENOUGH_CHARS));
    if (text === "") continue;
    preview += (preview === "" ? "" : sentenceSeparator(preview, text)) + text;
    if (preview.length >= ENOUGH_CHARS) break;
  }
  return preview;
}

const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 16_384;

/**
 * Answers that say that nothing was done: Twilio's own (errors 20429 and 20503), and those by which
 * Cloudflare tells that it did not reach Twilio. After any other 5xx the message may be on its way
 * (error 20500: a repeated POST can send it twice).
 * https://www.twilio.com/docs/api/errors/20500
 */
const NOTHING_DONE = [429, 503, 521, 523, 525, 526, 530];

/** Longer than any number or alphanumeric sender. */
const MESSAGING_SERVICE_SID = /^MG\w{10,}$/;

/** `from` is a number, a short code or a name; or the SID (MG…) of a Messaging Service. */
type TwilioSettings = { url: string; accountSid: string; authToken: string; from: string };

const created = z.object({ sid: z.string() });
const refusal = z.object({ code: z.number().optional(), message: z.string().optional() });

/**
 * Makes one attempt to send a short message. `to` is a number in E.164. Twilio takes no idempotency
 * key: without an answer the outcome is `uncertain`.
 * https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
export async function sendSms(
  { url, accountSid, authToken, from }: TwilioSettings,
  message: { to: string; body: string },
): Promise<Outcome> {
  const credentials = new TextEncoder().encode(`${accountSid}:${authToken}`).toBase64();
  const secrets = [credentials, authToken, accountSid];
  const form = new URLSearchParams({
    To: message.to,
    [MESSAGING_SERVICE_SID.test(from) ? "MessagingServiceSid" : "From"]: from,
    Body: message.body,
  });
  const path = `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`;
  const answer = await callProvider(url.replace(/\/+$/, "") + path, {
    headers: {
      authorization: `Basic ${credentials}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: form.toString(),
    timeoutMs: ANSWER_TIMEOUT_MS,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    secrets,
  });
  if (!answer.answered) {
    const { error, detail } = answer;
    return {
      result: "uncertain",
      error: `Twilio, ${error}`,
      detail: detail && withoutNumbers(detail),
    };
  }
  const { status, json, retryAfterSeconds } = answer;
  if (status >= 200 && status < 300) {
    const { sid } = created.safeParse(json).data ?? {};
    return { result: "done", messageId: sid, status };
  }
  const trouble = troubleOf(status, json, secrets);
  if (NOTHING_DONE.includes(status)) return { result: "retry", ...trouble, retryAfterSeconds };
  return { result: status >= 500 ? "uncertain" : "failed", ...trouble };
}

function troubleOf(status: number, json: unknown, secrets: string[]): Trouble {
  const { code, message } = refusal.safeParse(json).data ?? {};
  return {
    error: `Twilio answered ${status}${code === undefined ? "" : `, error ${code}`}`,
    detail: message === undefined ? undefined : redactSecrets(withoutNumbers(message), secrets),
    status,
  };
}

/** Phone numbers keep their last two digits. */
const withoutNumbers = (text: string): string =>
  text.replace(/\+?\d[\d ().-]{5,}(\d\d)(?!\d)/g, "***$1");
