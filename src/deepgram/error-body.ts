import * as z from "zod";

/** Deepgram's error in one form, whichever field names it came with. */
export type DeepgramError = {
  code: string | null;
  message: string | null;
  details: string | null;
};

const MAX_TEXT_CHARS = 500;

const CODE_FIELDS = ["err_code", "error_code", "category", "code", "variant"];
const MESSAGE_FIELDS = ["err_msg", "error_message", "error_msg", "message", "description", "error"];
const DETAILS_FIELDS = ["details", "detail", "reason"];

const record = z.record(z.string(), z.unknown());

/**
 * Reads the spellings of Deepgram's error bodies: `{err_code, err_msg}`, `{category, message,
 * details}`, `{error_code, …}` and the like, also inside an `error` object. Texts are cut to 500
 * characters.
 */
export function deepgramError(json: unknown): DeepgramError {
  const outer = record.safeParse(json).data ?? {};
  const fields = record.safeParse(outer.error).data ?? outer;
  return {
    code: firstText(fields, CODE_FIELDS),
    message: firstText(fields, MESSAGE_FIELDS),
    details: firstText(fields, DETAILS_FIELDS),
  };
}

function firstText(fields: Record<string, unknown>, names: string[]): string | null {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string" || typeof value === "number") {
      return String(value).slice(0, MAX_TEXT_CHARS);
    }
  }
  return null;
}
