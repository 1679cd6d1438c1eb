import * as z from "zod";

const nullableText = z.string().nullable();

/** Deepgram's error in one form, whichever field names it came with. */
export const deepgramErrorShape = z.object({
  code: nullableText,
  message: nullableText,
  details: nullableText,
});

export type DeepgramError = z.infer<typeof deepgramErrorShape>;

const MAX_TEXT_CHARS = 500;
const MASK = "***";

const CODE_FIELDS = ["err_code", "error_code", "category", "code", "variant"];
const MESSAGE_FIELDS = ["err_msg", "error_message", "error_msg", "message", "description", "error"];
const DETAILS_FIELDS = ["details", "detail", "reason"];

const record = z.record(z.string(), z.unknown());

/**
 * Reads the spellings of Deepgram's error bodies: `{err_code, err_msg}`, `{category, message,
 * details}`, `{error_code, …}` and the like, also inside an `error` object; of an unknown one the
 * whole is in `details`, as a plain text is. Texts are cut to 500 characters, credentials in them masked.
 */
export function deepgramError(json: unknown): DeepgramError {
  if (isText(json)) return { code: null, message: null, details: shown(json) };
  const outer = record.safeParse(json).data ?? {};
  const fields = record.safeParse(outer.error).data ?? outer;
  const isTold = [...CODE_FIELDS, ...MESSAGE_FIELDS].some((name) => isText(fields[name]));
  return {
    code: firstText(fields, CODE_FIELDS),
    message: firstText(fields, MESSAGE_FIELDS),
    details: firstText(fields, DETAILS_FIELDS) ?? (isTold ? null : shown(fields)),
  };
}

function firstText(fields: Record<string, unknown>, names: string[]): string | null {
  for (const name of names) {
    const value = fields[name];
    if (isText(value)) return shown(value);
    if (name === "details" && value !== undefined && value !== null) return shown(value);
  }
  return null;
}

const isText = (value: unknown) => typeof value === "string" || typeof value === "number";

function shown(value: unknown): string {
  const text = isText(value) ? String(value) : JSON.stringify(value, secretMasked);
  return withoutCredentials(text, MAX_TEXT_CHARS);
}

const secretMasked = (name: string, value: unknown) => (name === "callback_secret" ? MASK : value);

/**
 * The start of a text, without the credentials in it: an error may quote the request that failed, with
 * its callback URL and its `extra`, in the spelling of a URL or of JSON.
 */
export function withoutCredentials(text: string, maxChars: number): string {
  // Masked texts are shorter. A credential that the cut goes through ends there.
  const start = text.length > 4 * maxChars ? text.slice(0, 4 * maxChars) : `${text}\n`;
  return start
    .replace(/(callback_secret\\*"?\s*(?::|=|%3A)\s*\\*"?)[^\s"\\&]+/gi, `$1${MASK}`)
    .replace(/((?::\/\/|%3A%2F%2F))[^\s"@/]+?(@|%40|$)/gi, `$1${MASK}$2`)
    .replace(/\n$/, "")
    .slice(0, maxChars);
}
