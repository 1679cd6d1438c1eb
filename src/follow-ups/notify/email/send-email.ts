import { segmentsOf } from "../../../catalogue/segments-of.ts";
import type { EmailSettings } from "../../../config/providers.ts";
import { summaryOf } from "../../../store/summary.ts";
import type { Attempt } from "../../attempt.ts";
import type { EffectOn } from "../../effect.ts";
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
  return senderOf(env, email).send({ from: email.from, to: effect.to, ...content }, key);
}

function senderOf(env: Pick<Env, "EMAIL">, settings: EmailSettings): EmailSender {
  return settings.provider === "resend" ? resend(settings) : cloudflareEmail(env.EMAIL);
}

async function newsOf(
  { event }: EffectOn<"email">,
  { env, config, record, facts }: Attempt,
): Promise<EmailNews> {
  const { requestId, receivedAt } = record;
  const about = { requestId, title: null, link: pageUrl(config.publicUrl, requestId) };
  switch (event) {
    case "transcript.received": {
      const summary = await summaryOf(env.TRANSCRIPTS, record);
      const segments = segmentsOf(env.TRANSCRIPTS, record);
      return { ...about, event, facts, receivedAt, summary, segments };
    }
    case "transcript.failed":
      return { ...about, event, facts, receivedAt };
    case "transcript.overdue":
      return { ...about, event, dueAt: receivedAt };
  }
}
