import type { EffectOn } from "../../../config/effect.ts";
import { segmentsOf } from "../../../store/segments-of.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../../../transcript/segments/join-words.ts";
import type { SegmentSource } from "../../../transcript/segments/segment-source.ts";
import type { Attempt } from "../../attempt.ts";
import type { Outcome } from "../../outcome.ts";
import { pageUrl } from "../page-url.ts";
import { sendSms } from "./send-sms.ts";
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
