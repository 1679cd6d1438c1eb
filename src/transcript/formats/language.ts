const LANGUAGE_SUBTAG = /^[a-z]{2,3}(?:-|$)/i;
const RIGHT_TO_LEFT_SCRIPTS = new Set(
  "Adlm Arab Aran Hebr Mand Nkoo Rohg Samr Syrc Thaa".split(" "),
);
const RIGHT_TO_LEFT =
  /[[\p{sc=Adlm}\p{sc=Arab}\p{sc=Hebr}\p{sc=Mand}\p{sc=Nkoo}\p{sc=Rohg}\p{sc=Samr}\p{sc=Syrc}\p{sc=Thaa}]&&\p{L}]/v;
const LETTER = /\p{L}/u;

/** The HTML attributes of text: `lang` is empty where the language is not known. */
export type Language = { lang: string; dir: "ltr" | "rtl" };

/**
 * Language and direction of text, Deepgram's language being `language`. It goes from right to left if
 * its first letter does, or if it has any such letter and its language is written so: a name in Latin
 * letters does not turn an Arabic sentence round.
 */
export function languageOf(text: string, language: string | null): Language {
  const locale = language === null ? null : localeOf(language);
  const lang = locale?.baseName ?? "";
  if (!RIGHT_TO_LEFT.test(text)) return { lang, dir: "ltr" };
  const script = locale?.maximize().script ?? "";
  const first = LETTER.exec(text)?.[0] ?? "";
  const isRightToLeft = RIGHT_TO_LEFT_SCRIPTS.has(script) || RIGHT_TO_LEFT.test(first);
  return { lang, dir: isRightToLeft ? "rtl" : "ltr" };
}

/** Null for what is no BCP 47 tag of a language, such as Deepgram's `multi`. */
function localeOf(tag: string): Intl.Locale | null {
  if (!LANGUAGE_SUBTAG.test(tag)) return null;
  try {
    return new Intl.Locale(tag);
  } catch {
    return null;
  }
}
