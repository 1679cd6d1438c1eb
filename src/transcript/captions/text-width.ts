import { eastAsianWidth } from "get-east-asian-width";

const NARROW = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f]*$/;
const WIDE = /^[\u3001-\u3029\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;
const EMOJI = /\p{Emoji_Presentation}|\uFE0F/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Columns a text takes: one for each character a reader sees (an extended grapheme cluster), two for
 * a wide one (UAX #11 Wide and Fullwidth, and emoji).
 */
export function textWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  if (WIDE.test(text)) return 2 * text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** Text cut, only between graphemes, into parts of at most `maxWidth` columns or one grapheme. */
export function splitByWidth(text: string, maxWidth: number): string[] {
  const parts: string[] = [];
  let part = "";
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    const more = graphemeWidth(segment);
    if (part !== "" && width + more > maxWidth) {
      parts.push(part);
      part = "";
      width = 0;
    }
    part += segment;
    width += more;
  }
  if (part !== "") parts.push(part);
  return parts;
}

function graphemeWidth(grapheme: string): 1 | 2 {
  return EMOJI.test(grapheme) ? 2 : eastAsianWidth(grapheme.codePointAt(0)!);
}
