import { inject } from "vitest";
import { LIBRETRANSLATE_KEY, RESEND_KEY, TWILIO } from "./providers/credentials.ts";
import "./providers/provider-urls.ts";
import { providerWorld } from "./providers/world.ts";
import { WEBHOOK_SECRET } from "./webhook-secret.ts";

export const EMAIL = "client@example.com";
export const PHONE = "+15551234567";

type Texts = { texts: string[]; source: string; target: string };

/** Every provider in a world of its own, and the variables that lead the Worker there. */
export function channels() {
  const urls = inject("providers");
  const webhook = providerWorld<object>(inject("sinkUrl"));
  const twilio = providerWorld<{ messages: { to: string; body: string; segments: number }[] }>(
    urls.twilio,
  );
  const resend = providerWorld<{
    emails: { to: string[]; subject: string; text: string; html: string }[];
  }>(urls.resend);
  const libretranslate = providerWorld<{ translations: Texts[] }>(urls.libretranslate);
  const replaced: Partial<Env> = {
    PUBLIC_URL: "https://edge.test",
    WEBHOOK_ENDPOINTS: JSON.stringify({
      crm: { url: `${webhook.url}/in`, secret: WEBHOOK_SECRET },
    }),
    EMAIL_PROVIDER: "resend",
    EMAIL_FROM: "Transcripts <transcripts@example.com>",
    RESEND_URL: resend.url,
    RESEND_API_KEY: RESEND_KEY,
    TWILIO_URL: twilio.url,
    TWILIO_ACCOUNT_SID: TWILIO.accountSid,
    TWILIO_AUTH_TOKEN: TWILIO.authToken,
    SMS_FROM: "+15550001111",
    TRANSLATOR: "libretranslate",
    LIBRETRANSLATE_URL: libretranslate.url,
    LIBRETRANSLATE_API_KEY: LIBRETRANSLATE_KEY,
  };
  return { env: replaced, webhook, twilio, resend, libretranslate };
}

export type Channels = ReturnType<typeof channels>;
