import { cleanText } from "../segments/clean-text.ts";

/** Embeddings, overrides and isolates (UAX #9), by which text can be made to read as other text. */
const DIRECTING = /[\u202a-\u202e\u2066-\u2069]/g;

/** A title, tag or name as it is shown: on one line, in the order in which it is written. */
export const labelText = (text: string): string => cleanText(text.replace(DIRECTING, ""));
