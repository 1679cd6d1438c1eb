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
