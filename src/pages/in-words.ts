import { clock, languageInWords } from "../lib/times.ts";

const NUMBER = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

/** "27 bytes", "4.2 kB", "95 MB", "10 GB". */
export function bytesInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${NUMBER.format(bytes / 1_000)} kB`;
  return bytes < 1_000_000_000
    ? `${NUMBER.format(bytes / 1_000_000)} MB`
    : `${NUMBER.format(bytes / 1_000_000_000)} GB`;
}

export const percentInWords = (share: number): string => `${Math.round(share * 100)}%`;

/** "212 ms", "3.1 s". */
export const msInWords = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${NUMBER.format(ms / 1_000)} s`;

const CHANNELS: Record<string, string> = { webhook: "Webhook", email: "E-mail", sms: "SMS" };

/** The name of a follow-up, `{channel}:{to}:{event}`, for people: "Webhook to crm: transcript.received". */
export function followUpInWords(name: string): string {
  const [channel = "", to = "", event = "", language] = name.split(":");
  if (channel === "translate") return `Translation into ${languageInWords(to)}`;
  const into = language === undefined ? "" : ` (${languageInWords(language)})`;
  return `${CHANNELS[channel] ?? channel} to ${to}: ${event}${into}`;
}

/** Seconds from the start of the audio as people say them. */
export const clockInWords = (seconds: number): string => clock(seconds).replace(/^(?:00:)?0?/, "");
