import { cleanText } from "../transcript/segments/clean-text.ts";
import type { Report } from "./config.ts";
import { emailAddress } from "./follow-ups.ts";

/** Settings of a provider, or in words for people what is missing of them. */
export type Setting<Settings> = ({ ok: true } & Settings) | { ok: false; missing: string };

export type EmailSettings = { from: Mailbox } & (
  | { provider: "cloudflare" }
  | { provider: "resend"; url: string; apiKey: string }
);

type SmsSettings = { url: string; accountSid: string; authToken: string; from: string };

export type TranslatorSettings =
  | { provider: "workers-ai"; model: string | undefined }
  | { provider: "libretranslate" | "deepl"; url: string; apiKey: string };

export type Providers = {
  email: Setting<EmailSettings>;
  sms: Setting<SmsSettings>;
  translator: Setting<TranslatorSettings>;
};

/** Reads the settings of those who do the follow-ups. Nothing needs to be set that is not used. */
export function providers(env: Partial<Env>, report: Report): Providers {
  return { email: email(env, report), sms: sms(env, report), translator: translator(env, report) };
}

function email(env: Partial<Env>, report: Report): Setting<EmailSettings> {
  if (!env.EMAIL_FROM) return { ok: false, missing: "EMAIL_FROM" };
  const from = parseMailbox(env.EMAIL_FROM);
  if (from === null) {
    report("EMAIL_FROM", "not an e-mail address, alone or as Name <address>");
    return { ok: false, missing: "EMAIL_FROM" };
  }
  if (env.EMAIL_PROVIDER !== "resend") {
    if ((env.EMAIL_PROVIDER || "cloudflare") !== "cloudflare") {
      report("EMAIL_PROVIDER", "neither cloudflare nor resend");
      return { ok: false, missing: "EMAIL_PROVIDER" };
    }
    return { ok: true, provider: "cloudflare", from };
  }
  const url = urlSetting("RESEND_URL", env.RESEND_URL, report);
  if (url === null) return { ok: false, missing: "RESEND_URL" };
  if (!env.RESEND_API_KEY) return { ok: false, missing: "RESEND_API_KEY" };
  return { ok: true, provider: "resend", from, url, apiKey: env.RESEND_API_KEY };
}

function sms(env: Partial<Env>, report: Report): Setting<SmsSettings> {
  for (const name of ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMS_FROM"] as const) {
    if (!env[name]) return { ok: false, missing: name };
  }
  const url = urlSetting("TWILIO_URL", env.TWILIO_URL, report);
  if (url === null) return { ok: false, missing: "TWILIO_URL" };
  const { TWILIO_ACCOUNT_SID = "", TWILIO_AUTH_TOKEN = "", SMS_FROM = "" } = env;
  return {
    ok: true,
    url,
    accountSid: TWILIO_ACCOUNT_SID,
    authToken: TWILIO_AUTH_TOKEN,
    from: SMS_FROM,
  };
}

function translator(env: Partial<Env>, report: Report): Setting<TranslatorSettings> {
  switch (env.TRANSLATOR || "workers-ai") {
    case "workers-ai":
      return { ok: true, provider: "workers-ai", model: env.WORKERS_AI_MODEL || undefined };
    case "libretranslate": {
      const url = urlSetting("LIBRETRANSLATE_URL", env.LIBRETRANSLATE_URL, report);
      if (url === null) return { ok: false, missing: "LIBRETRANSLATE_URL" };
      return {
        ok: true,
        provider: "libretranslate",
        url,
        apiKey: env.LIBRETRANSLATE_API_KEY ?? "",
      };
    }
    case "deepl": {
      const url = urlSetting("DEEPL_URL", env.DEEPL_URL, report);
      if (url === null) return { ok: false, missing: "DEEPL_URL" };
      if (!env.DEEPL_API_KEY) return { ok: false, missing: "DEEPL_API_KEY" };
      return { ok: true, provider: "deepl", url, apiKey: env.DEEPL_API_KEY };
    }
    default:
      report("TRANSLATOR", "none of workers-ai, libretranslate, deepl");
      return { ok: false, missing: "TRANSLATOR" };
  }
}

export type Mailbox = { address: string; name: string | null };

/** Reads `address` or `Name <address>`; null when it is neither. */
export function parseMailbox(text: string): Mailbox | null {
  const [, name = "", inner = text] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? [];
  const address = emailAddress.safeParse(inner.trim());
  if (!address.success) return null;
  // Quotes belong to the wire (RFC 5322, 3.4); who writes the header adds them where they are needed.
  return { address: address.data, name: cleanText(name.replace(/["\\]/g, "")) || null };
}

/** An http or https URL without a slash at its end; null for any other value, which is reported. */
export function urlSetting(name: string, value: string | undefined, report: Report): string | null {
  const url = URL.parse(value ?? "");
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/$/, "");
  if (value) report(name, "not an http or https URL");
  return null;
}
