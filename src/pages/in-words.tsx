import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnv } from "../config/config.ts";
import { clock, languageInWords } from "../lib/times.ts";

/** The reader's time zone (IANA), null where it is not known, and the present time (Unix, ms). */
export type Clock = { zone: string | null; now: number };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The zone is what the script of an earlier page has put into the cookie `tz`. */
export function clockOf(c: Context<AppEnv>): Clock {
  const zone = getCookie(c, "tz") ?? null;
  return { zone: zone !== null && isZone(zone) ? zone : null, now: Date.now() };
}

function isZone(name: string): boolean {
  try {
    return name.length <= 64 && Intl.DateTimeFormat("en-GB", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Numbers of a time in a zone: year, month as "Nov", day, "14:37:02". */
function partsOf(ms: number, { zone }: Clock) {
  const timeZone = zone ?? "UTC";
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat("en-GB", {
      timeZone,
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(
    format.formatToParts(ms).map(({ type, value }) => [type, value]),
  );
  const { year = "", month = "", day = "", hour = "", minute = "", second = "" } = parts;
  // September is "Sept" in British English.
  const date = `${day} ${month.slice(0, 3)}`;
  return { year, date, time: `${hour}:${minute}`, seconds: `${hour}:${minute}:${second}` };
}

const suffixOf = ({ zone }: Clock) => (zone === null ? " UTC" : "");

/** "Just now", "4 min ago", "Today 14:37", "Yesterday 09:12", "12 Nov, 14:37", "12 Nov 2025, 14:37". */
function listTime(iso: string, clock: Clock): string {
  const ms = Date.parse(iso);
  const age = clock.now - ms;
  if (age >= 0 && age < MINUTE_MS) return "Just now";
  if (age >= 0 && age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min ago`;
  const { year, date, time } = partsOf(ms, clock);
  const sameDay = (other: number) => {
    const { year: otherYear, date: otherDate } = partsOf(other, clock);
    return year === otherYear && date === otherDate;
  };
  const at = time + suffixOf(clock);
  if (sameDay(clock.now)) return `Today ${at}`;
  if (sameDay(clock.now - DAY_MS)) return `Yesterday ${at}`;
  const isThisYear = year === partsOf(clock.now, clock).year;
  return `${date}${isThisYear ? "" : ` ${year}`}, ${at}`;
}

/** The same within a sentence: "just now", "today 14:37". */
export const timeInSentence = (iso: string, clock: Clock): string =>
  listTime(iso, clock).replace(/^[JTY]/, (first) => first.toLowerCase());

/** "29 Nov 2026, 14:37". */
export function dateTime(iso: string, clock: Clock): string {
  const { year, date, time } = partsOf(Date.parse(iso), clock);
  return `${date} ${year}, ${time}${suffixOf(clock)}`;
}

/** "6 Dec 2026". */
export function dateOf(iso: string, clock: Clock): string {
  const { year, date } = partsOf(Date.parse(iso), clock);
  return `${date} ${year}`;
}

/** "14:37", with the date where it is not today. */
export function timeOfDay(iso: string, clock: Clock): string {
  const { year, date, time } = partsOf(Date.parse(iso), clock);
  const today = partsOf(clock.now, clock);
  const isToday = year === today.year && date === today.date;
  return `${isToday ? "" : `${date}, `}${time}${suffixOf(clock)}`;
}

/** "14:37:02", with the date where it is not today. */
export function timeWithSeconds(iso: string, clock: Clock): string {
  const { year, date, seconds } = partsOf(Date.parse(iso), clock);
  const today = partsOf(clock.now, clock);
  const isToday = year === today.year && date === today.date;
  return `${isToday ? "" : `${date}, `}${seconds}${suffixOf(clock)}`;
}

/** Midnight at the beginning of a day (`2026-11-29`) in the reader's zone, as ISO 8601 in UTC. */
export function startOfDay(day: string, { zone }: Clock): string {
  const utc = Date.parse(`${day}T00:00:00Z`);
  if (zone === null) return new Date(utc).toISOString();
  // The difference is that of the place at the time found: twice, for the days on which clocks change.
  const first = utc - offsetMs(utc, zone);
  return new Date(utc - offsetMs(first, zone)).toISOString();
}

/** The day after, `2026-11-30`. */
export const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);

/** How far the clocks of a zone are ahead of UTC at a time. */
function offsetMs(ms: number, timeZone: string): number {
  const shown = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(ms);
  return Date.parse(`${shown.replace(" ", "T")}Z`) - Math.floor(ms / 1_000) * 1_000;
}

const inUtc = (iso: string) => `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;

type TimeProps = {
  iso: string;
  clock: Clock;
  show?: (iso: string, clock: Clock) => string;
};

/** A time in the reader's zone; on hover in UTC. */
export const Time = ({ iso, clock, show = listTime }: TimeProps) => (
  <time datetime={iso} title={inUtc(iso)}>
    {show(iso, clock)}
  </time>
);

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
