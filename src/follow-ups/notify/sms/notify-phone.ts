import * as z from "zod";
import type { EffectOn } from "../../../config/follow-ups.ts";
import { segmentsOf } from "../../../store/stored-segments.ts";
import { cutAtWord } from "../../../transcript/captions/break-units.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../../../transcript/segments/scripts.ts";
import type { SegmentSource } from "../../../transcript/segments/segment.ts";
import {
  type Attempt,
  callProvider,
  type Outcome,
  pageUrl,
  redactSecrets,
  type Trouble,
} from "../../channel.ts";

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

/** One segment (3GPP TS 23.040, 9.2.3.16): 140 octets. */
const MAX_SEPTETS = 160;
const MAX_UTF16_UNITS = 70;
/** With less room a preview says nothing. */
const MIN_PREVIEW_UNITS = 12;
/** Far more than is ever shown. */
const MAX_SOURCE_CHARS = 2_000;

type Parts = {
  /** What the preview is taken from, from its start. */
  text: string;
  link: string;
  /** Who or what it is about, before a colon. */
  label?: string;
};

type Alphabet = {
  max: number;
  ellipsis: string;
  units: (text: string) => number;
};

const GSM: Alphabet = {
  max: MAX_SEPTETS,
  ellipsis: "...",
  // A character outside the alphabet shows in the end: then the other one is taken.
  units: (text) => septets(text) ?? text.length,
};
const UCS2: Alphabet = { max: MAX_UTF16_UNITS, ellipsis: "…", units: (text) => text.length };

/**
 * A short message of one segment: a preview cut at a word, and the link whole on its own line. In the
 * GSM alphabet, with typographic characters replaced, if what is shown can be written in it, else in
 * UCS-2; where the link leaves no room in that, without accents and pictures in the GSM alphabet. Where
 * that does not do either, the preview, and then the label, is left out; a link too long for any
 * segment stands alone.
 */
export function smsText({ text, link, label = "" }: Parts): string {
  const preview = oneLine(text);
  const name = oneLine(label);
  const plainName = plainTypography(name);
  const gsm = withPreview(plainTypography(preview), plainName, link, GSM);
  if (gsm !== null && septets(gsm) !== null) return gsm;
  const ucs2 = withPreview(preview, name, link, UCS2);
  if (ucs2 !== null) return ucs2;
  const bareName = withoutAccents(plainName);
  const bare = withPreview(withoutAccents(plainTypography(preview)), bareName, link, GSM);
  if (bare !== null && septets(bare) !== null) return bare;
  const titles = [plainName, name, bareName].filter((title) => title !== "");
  return titles.map((title) => `${title}\n${link}`).find(fitsOneSegment) ?? link;
}

/** Whether a carrier sends a text as a single segment. */
export function fitsOneSegment(text: string): boolean {
  const count = septets(text);
  return count === null ? text.length <= MAX_UTF16_UNITS : count <= MAX_SEPTETS;
}

const oneLine = (text: string): string =>
  cleanText(text.slice(0, MAX_SOURCE_CHARS).normalize("NFC"));

function withPreview(text: string, label: string, link: string, alphabet: Alphabet): string | null {
  if (text === "") return null;
  const { max, ellipsis, units } = alphabet;
  const start = label === "" ? "" : `${label}: `;
  const room = max - units(`${start}\n${link}`);
  if (units(text) <= room) return `${start}${text}\n${link}`;
  if (room < MIN_PREVIEW_UNITS) return null;
  const preview = cutAtWord(text, (part) => units(part + ellipsis) <= room);
  return preview === "" ? null : `${start}${preview}${ellipsis}\n${link}`;
}

// 3GPP TS 23.038, 6.2.1: the default alphabet, and the extension table, whose characters take two.
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("\f^{}\\[~]|€");

const TYPOGRAPHIC: [RegExp, string][] = [
  [/[\u2018-\u201b\u2032\u00b4`]/g, "'"],
  [/[\u201c-\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/\u2026/g, "..."],
  [/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, " "],
  // These show nothing: soft hyphen, zero-width space, word joiner, byte order mark.
  [/[\u00ad\u200b\u2060\ufeff]/g, ""],
];

/** Typographic quotes, dashes, spaces and the ellipsis as the GSM alphabet has them. */
export function plainTypography(text: string): string {
  let plain = text;
  for (const [typographic, instead] of TYPOGRAPHIC) plain = plain.replace(typographic, instead);
  return plain;
}

/** Latin letters that Unicode does not decompose. */
const LATIN: Record<string, string> = {
  ...{ Ł: "L", ł: "l", Đ: "D", đ: "d", Ð: "D", ð: "d", Þ: "Th", þ: "th", Ħ: "H", ħ: "h" },
  ...{ ı: "i", Œ: "OE", œ: "oe", ẞ: "SS", ŋ: "ng", ſ: "s" },
};
const PICTURES =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\u20e3|\ufe0f/gu;

/** Latin letters without the accents that the GSM alphabet does not have, and no pictures. */
function withoutAccents(text: string): string {
  const parts = [...text.replace(PICTURES, "")].map((character) =>
    septets(character) === null ? (LATIN[character] ?? character.normalize("NFD")) : character,
  );
  const bare = parts.join("").replace(/(?<=\p{Script=Latin})\p{M}+/gu, "");
  return bare.normalize("NFC").replace(/ {2,}/g, " ").trim();
}

/** Septets a text takes in the GSM 7-bit default alphabet; null when it has other characters. */
export function septets(text: string): number | null {
  let count = 0;
  for (const character of text) {
    if (BASIC.has(character)) count += 1;
    else if (EXTENSION.has(character)) count += 2;
    else return null;
  }
  return count;
}
