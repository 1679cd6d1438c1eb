import type { Effect } from "../config/effect.ts";
import type { Setting, TranslatorSettings } from "../config/providers.ts";
import type { Attempt, Outcome } from "./channel.ts";
import { sendEmail } from "./notify/email/send-email.ts";
import { notifyPhone } from "./notify/sms/notify-phone.ts";
import { notifyWebhook } from "./notify/webhook.ts";
import { deepl } from "./translate/providers/deepl.ts";
import { libreTranslate } from "./translate/providers/libretranslate.ts";
import type { Translator } from "./translate/providers/translator.ts";
import { workersAi } from "./translate/providers/workers-ai.ts";
import { translate } from "./translate/translate.ts";

/**
 * Its keys hold for 24 hours; an hour is left for the attempt.
 * https://resend.com/docs/dashboard/emails/idempotency-keys
 */
const RESEND_REPEATABLE_MS = 82_800_000;

/** Makes one attempt at an effect. Throws when R2 does not answer. */
export async function perform(effect: Effect, attempt: Attempt): Promise<Outcome> {
  const { env, config, subject, confirm } = attempt;
  switch (effect.channel) {
    case "webhook":
      return notifyWebhook(effect, attempt);
    case "email":
      return sendEmail(effect, attempt);
    case "sms":
      return notifyPhone(effect, attempt);
    case "translate": {
      const translator = translatorOf(env, config.providers.translator);
      if ("missing" in translator) {
        const error = `no translator is configured: ${translator.missing} is missing or wrong`;
        return { result: "failed", error };
      }
      if (subject.is === "missing") return { result: "failed", error: "there is no transcript" };
      return translate(env.TRANSCRIPTS, subject.record, translator, effect.to, confirm);
    }
  }
}

/**
 * For how many milliseconds after an attempt whose end nobody knows it may be made again: the receiver
 * or the provider knows it by its key, or what has been done of it is kept. 0: never.
 */
export const repeatableForMs = (
  { channel }: Effect,
  { config }: Pick<Attempt, "config">,
): number => {
  const { email } = config.providers;
  switch (channel) {
    case "webhook":
    case "translate":
      return Number.POSITIVE_INFINITY;
    case "email":
      return email.ok && email.provider === "resend" ? RESEND_REPEATABLE_MS : 0;
    case "sms":
      return 0;
  }
};

/** The translator that is configured, or what is missing of it. */
function translatorOf(
  env: Pick<Env, "AI">,
  settings: Setting<TranslatorSettings>,
): Translator | { missing: string } {
  if (!settings.ok) return settings;
  switch (settings.provider) {
    case "workers-ai":
      return workersAi(env.AI, settings.model);
    case "libretranslate":
      return libreTranslate(settings);
    case "deepl":
      return deepl(settings);
  }
}
