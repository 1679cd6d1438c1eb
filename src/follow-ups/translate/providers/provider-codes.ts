const EUROPEAN_SPANISH = ["ES", "EA", "IC", "GQ"];

/**
 * DeepL's code for a source language: it has no variants. DeepL refuses a language that it does not know.
 * https://developers.deepl.com/docs/getting-started/supported-languages
 */
export const deeplSource = ({ language }: LanguageTag): string =>
  (language === "no" ? "nb" : language).toUpperCase();

/** DeepL's code for a target language; English, Portuguese, Spanish and Chinese have variants. */
export function deeplTarget(tag: LanguageTag): string {
  const { script, region } = tag;
  const code = deeplSource(tag);
  switch (code) {
    case "EN":
      return region === "US" ? "EN-US" : "EN-GB";
    case "PT":
      return region === "BR" ? "PT-BR" : "PT-PT";
    case "ES":
      return EUROPEAN_SPANISH.includes(region ?? "") ? "ES" : "ES-419";
    case "ZH":
      return script === "Hant" ? "ZH-HANT" : "ZH-HANS";
    default:
      return code;
  }
}

/**
 * LibreTranslate's code, as its `/languages` lists them. Which of them a server has depends on what is
 * installed there; it refuses the others.
 */
export function libreTranslateCode(tag: LanguageTag): string {
  const { language, script, region, isRegional } = tag;
  if (language === "zh") return script === "Hant" ? "zh-Hant" : "zh-Hans";
  if (language === "pt" && region === "BR" && isRegional) return "pt-BR";
  return language === "no" ? "nb" : language;
}

/** https://huggingface.co/facebook/m2m100_1.2B#languages-covered */
const M2M100 = new Set(
  (
    "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha " +
    "he hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my " +
    "ne nl no ns oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi " +
    "wo xh yi yo zh zu"
  ).split(" "),
);
const M2M100_NAMES: Record<string, string> = { nb: "no", nn: "no", fil: "tl", nso: "ns" };

/** The code of the model m2m100, or null: it has a hundred languages, and no Traditional Chinese. */
export function m2m100Code({ language, script }: LanguageTag): string | null {
  if (script === "Hant") return null;
  const code = M2M100_NAMES[language] ?? language;
  return M2M100.has(code) ? code : null;
}

/** A BCP 47 language tag in its parts, with those that people leave out filled in. */
type LanguageTag = {
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
