import { languageInWords, lengthInWords } from "../lib/in-words.ts";
import { clock } from "../transcript/formats/clock.ts";

const DATE_TIME = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});
const NUMBER = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

/** An ISO 8601 time as people read it, in UTC. */
export const dateTimeInWords = (iso: string): string => `${DATE_TIME.format(new Date(iso))} UTC`;

/** How long ago an ISO 8601 time was. */
export const ageInWords = (iso: string, now: number): string =>
  lengthInWords(Math.max(now - Date.parse(iso), 0) / 1_000);

export function bytesInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000
    ? `${NUMBER.format(bytes / 1_000)} kB`
    : `${NUMBER.format(bytes / 1_000_000)} MB`;
}

export const percentInWords = (share: number): string => `${NUMBER.format(share * 100)} %`;

const CHANNELS: Record<string, string> = { webhook: "Webhook", email: "E-mail", sms: "SMS" };

const EVENTS: Record<string, string> = {
  "transcript.received": "that it is there",
  "transcript.failed": "that it failed",
  "transcript.overdue": "that it is overdue",
  "translation.completed": "that a translation is there",
};

/** The name of a follow-up, `{channel}:{to}:{event}`, for people. */
export function followUpInWords(name: string): string {
  const [channel = "", to = "", event = "", language] = name.split(":");
  if (channel === "translate") return `Translation into ${languageInWords(to)}`;
  const into = language === undefined ? "" : ` (${languageInWords(language)})`;
  return `${CHANNELS[channel] ?? channel} to ${to}, ${EVENTS[event] ?? event}${into}`;
}

/** What a state of a follow-up means. */
export const FOLLOW_UP_STATES: Record<string, string> = {
  queued: "waiting its turn",
  running: "being done",
  retrying: "failed, will be tried again",
  done: "done",
  failed: "failed for good",
  dead: "given up",
  uncertain: "may have happened: nobody knows",
  cancelled: "cancelled: another result took the place of the one it was about",
};

/** Seconds from the start of the audio as people say them. */
export const clockInWords = (seconds: number): string => clock(seconds).replace(/^00:/, "");
