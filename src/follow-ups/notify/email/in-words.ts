const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});
const LANGUAGES = new Intl.DisplayNames("en", { type: "language", fallback: "none" });

/** An ISO 8601 time such as `23 November 2026, 23:59 UTC`; what is no time stays as it is. */
export function momentInWords(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const parts = new Map(MOMENT.formatToParts(date).map(({ type, value }) => [type, value]));
  const [day, month, year] = [parts.get("day"), parts.get("month"), parts.get("year")];
  return `${day} ${month} ${year}, ${parts.get("hour")}:${parts.get("minute")} UTC`;
}

/** Seconds of audio, such as `34 seconds`, `12 min 5 s` or `10 h 2 min`. */
export function lengthInWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return whole === 1 ? "1 second" : `${whole} seconds`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The English name of a BCP 47 language tag; the tag itself when it has none. */
export function languageInWords(tag: string): string {
  try {
    return LANGUAGES.of(tag) ?? tag;
  } catch {
    return tag;
  }
}
