import type { EffectOn } from "../../../config/effect.ts";
import type { EmailSettings } from "../../../config/providers.ts";
import { type Facts, NO_FACTS } from "../../../deepgram/callback.ts";
import { readInsights } from "../../../store/insights-of.ts";
import { segmentsOf } from "../../../store/segments-of.ts";
import type { Attempt } from "../../attempt.ts";
import type { Outcome } from "../../outcome.ts";
import { pageUrl } from "../page-url.ts";
import { cloudflareEmail } from "./cloudflare.ts";
import { composeEmail, type EmailNews } from "./compose-email.ts";
import { resend } from "./resend.ts";
import type { EmailSender } from "./sender.ts";

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
