const MAX_MS = 1e15;

/** Seconds to whole milliseconds, between 0 and 10^15, where adding to them still counts exactly. */
export function toMs(seconds: number): number {
  return Math.round(Math.min(MAX_MS, Math.max(0, seconds * 1000)));
}

/**
 * Whole milliseconds as `HH:MM:SS.mmm`; hours go past 24 and take more digits past 99 (W3C WebVTT
 * §4.1). SubRip has a comma as its decimal `mark`.
 */
export function timestamp(ms: number, mark: "." | "," = "."): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = Math.floor(ms / 1000) % 60;
  return `${digits(hours, 2)}:${digits(minutes, 2)}:${digits(seconds, 2)}${mark}${digits(ms % 1000, 3)}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}

/** Seconds as `HH:MM:SS`, rounded down; hours go past 24 and take more digits past 99. */
export function clock(seconds: number): string {
  const whole = timestamp(toMs(seconds));
  return whole.slice(0, whole.indexOf("."));
}

const LANGUAGES = new Intl.DisplayNames("en", {
  type: "language",
  fallback: "code",
  // "Portuguese (Brazil)": what differs comes last.
  languageDisplay: "standard",
});
const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** A number of seconds with its two largest units. */
export function lengthInWords(seconds: number): string {
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [Math.floor(whole / DAY_SECONDS), "d"],
    [Math.floor((whole % DAY_SECONDS) / HOUR_SECONDS), "h"],
    [Math.floor((whole % HOUR_SECONDS) / MINUTE_SECONDS), "min"],
    [whole % MINUTE_SECONDS, "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ") || "0 s";
}

/** The English name of a BCP 47 tag, or the tag where there is none. */
export function languageInWords(tag: string): string {
  try {
    return LANGUAGES.of(tag) ?? tag;
  } catch {
    return tag;
  }
}
