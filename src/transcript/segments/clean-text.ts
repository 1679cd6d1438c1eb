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

/** Embeddings, overrides and isolates (UAX #9), by which text can be made to read as other text. */
const DIRECTING = /[\u202a-\u202e\u2066-\u2069]/g;

/** A title, tag or name as it is shown: on one line, in the order in which it is written. */
export const labelText = (text: string): string => cleanText(text.replace(DIRECTING, ""));
