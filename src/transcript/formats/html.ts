import { toMs } from "../captions/timestamp.ts";
import { cleanText } from "../segments/clean-text.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { clock } from "./clock.ts";
import { escapeHtml } from "./escape-html.ts";
import { STYLE } from "./html-style.ts";
import { type Language, languageOf } from "./language.ts";
import { type ParagraphPart, paragraphs } from "./paragraphs.ts";
import type { Names } from "./voice-names.ts";

/** `title` is plain text. Channel and speaker are named where there are such, unless `speakers` is false. */
export type HtmlOptions = { title: string; speakers?: boolean; names?: Names };

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
