const UNCLEAN = /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f]| {2}/;
const BLANK_RUN = /[\s\p{Cc}]+/gu;
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Text on one line: white space and control characters collapse to single spaces, lone surrogates
 * become U+FFFD, and what shows nothing at all becomes empty.
 */
export function cleanText(text: string): string {
  if (!UNCLEAN.test(text)) return text.trim();
  const line = text.toWellFormed().replace(BLANK_RUN, " ").trim();
  return VISIBLE.test(line) ? line : "";
}
