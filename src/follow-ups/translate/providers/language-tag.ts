/** A BCP 47 language tag in its parts, with those that people leave out filled in. */
export type LanguageTag = {
  /** ISO 639, lower case, such as `pt`. */
  language: string;
  /** ISO 15924, such as `Hant`; by the likely subtags of CLDR when the tag has none. */
  script: string | null;
  /** ISO 3166 or UN M.49, such as `BR` or `419`; the same way. */
  region: string | null;
  /** Whether the tag names the region itself. */
  isRegional: boolean;
};

/** Deepgram's `multi`, and the codes of ISO 639 for many, unknown and no languages. */
const NO_LANGUAGE = ["multi", "mul", "und", "zxx"];

/** Reads a language tag; old codes become the new ones (`iw` → `he`). Null when it names no language. */
export function parseLanguageTag(tag: string): LanguageTag | null {
  try {
    const given = new Intl.Locale(tag.replaceAll("_", "-"));
    if (NO_LANGUAGE.includes(given.language)) return null;
    const { language, script = null, region = null } = given.maximize();
    return { language, script, region, isRegional: given.region !== undefined };
  } catch {
    return null;
  }
}
