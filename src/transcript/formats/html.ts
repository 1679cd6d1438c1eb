import { clock, toMs } from "../../lib/times.ts";
import { cleanText } from "../segments/clean-text.ts";
import type { SegmentSource } from "../segments/segment.ts";
import { type ParagraphPart, paragraphs } from "./paragraphs.ts";
import type { Names } from "./speakers.ts";

/** The one style of `html`: for light and dark, small and large screens, and paper. */
export const STYLE = `
:root { color-scheme: light dark }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.3rem; line-height: 1.3 }
h2 { margin: 1.5rem 0 0; font-size: .9rem; break-after: avoid }
p { margin: .25rem 0 0; orphans: 3; widows: 3 }
a { color: inherit; font-weight: normal; font-variant-numeric: tabular-nums; text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
:target { outline: 2px solid; outline-offset: 2px }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 11pt } :target { outline: none } }
`;

const STYLE_SHA256 = "CFuq/PfyA2KvZ6ykMW43NZmTgSVPlgD2qptUvxRMuiw=";

/** The `Content-Security-Policy` to send with what `html` gives: its style, and nothing else at all. */
export const HTML_CSP = `default-src 'none'; style-src 'sha256-${STYLE_SHA256}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** `title` is plain text. Channel and speaker are named where there are such, unless `speakers` is false. */
type HtmlOptions = { title: string; speakers?: boolean; names?: Names };

const END_OF_PARAGRAPH = "</p>\n</section>\n";
const NO_SPEECH = "<p>No speech.</p>\n";
/** The end of a document that `htmlHead` begins. */
export const HTML_FOOT = "</body>\n</html>\n";

/**
 * An HTML document of segments in order of time, in parts to be joined, to be sent with `HTML_CSP`:
 * `paragraphs`, each under who speaks and when. Times link to themselves: `#t=12.3` is where 12.3 s
 * begins. Language and direction are those of each segment.
 */
export async function* html(
  segments: SegmentSource,
  { title, speakers = true, names }: HtmlOptions,
): AsyncGenerator<string> {
  yield htmlHead(title);
  const anchored = anchors();
  let around: Language | null = null;
  for await (const part of paragraphs(segments, names)) {
    const language = languageOf(part.text, part.segment.language);
    let opening = "";
    if (around === null || part.separator === null) {
      const name = speakers && part.voice !== null ? ` ${escapeHtml(part.voice)}` : "";
      opening = `${around === null ? "" : END_OF_PARAGRAPH}<section dir="${language.dir}">
<h2>${anchored(part.segment.start)}${name}</h2>
<p lang="${language.lang}">`;
      around = language;
    }
    yield opening + spoken(part, language, around);
  }
  yield around === null ? NO_SPEECH : END_OF_PARAGRAPH;
  yield HTML_FOOT;
}

/** The beginning of a document, up to its heading. `title` is plain text. */
export function htmlHead(title: string): string {
  const shown = escapeHtml(cleanText(title));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${shown}</title>
<style>${STYLE}</style>
</head>
<body>
<h1 dir="auto">${shown}</h1>
`;
}

/** Links to times; of several at one time, and of one that comes late, only the first has the `id`. */
function anchors(): (seconds: number) => string {
  let lastMs = -1;
  return (seconds) => {
    const ms = toMs(seconds);
    const id = ms > lastMs ? ` id="t=${ms / 1000}"` : "";
    lastMs = Math.max(lastMs, ms);
    const time = `<time datetime="PT${ms / 1000}S">${clock(seconds)}</time>`;
    return `<a${id} href="#t=${ms / 1000}">${time}</a>`;
  };
}

function spoken({ text, separator }: ParagraphPart, own: Language, around: Language): string {
  const escaped = escapeHtml(text);
  const isSame = own.lang === around.lang && own.dir === around.dir;
  const shown = isSame ? escaped : `<span lang="${own.lang}" dir="${own.dir}">${escaped}</span>`;
  return `${separator ?? ""}${shown}`;
}

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

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text that is only text in HTML, between tags and in an attribute between double quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
