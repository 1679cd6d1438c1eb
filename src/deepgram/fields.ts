/** Channels of a body; Deepgram takes up to 20. */
export const MAX_CHANNELS = 256;
const MAX_TIME_SECONDS = 1e9;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** A property of a JSON object; undefined where `value` is no object or lacks it. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** A JSON array, or an empty one in place of anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A JSON string without the white space around it; empty in place of anything else. */
export function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** A new line or a new paragraph that was dictated, as Deepgram's documentation writes it. */
const DICTATED_BREAK = /<(?:\\n|\n)+>/g;

/** Speech with line feeds in place of the marks of dictation. */
export const withLines = (speech: string): string =>
  speech.includes("<") ? speech.replace(DICTATED_BREAK, "\n") : speech;

/** A JSON number, also one written as a string; null in place of anything else. */
function number(value: unknown): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : null;
}

/** A time in seconds, not below 0; null in place of anything that is no number, or over 30 years. */
export function time(value: unknown): number | null {
  const seconds = number(value);
  return seconds !== null && seconds <= MAX_TIME_SECONDS ? Math.max(0, seconds) : null;
}

/** A whole number from 0, as channels and speakers have; null in place of anything else. */
export function index(value: unknown): number | null {
  const whole = number(value);
  return whole !== null && Number.isSafeInteger(whole) && whole >= 0 ? whole : null;
}

/** A probability held within 0 to 1; null in place of anything that is not a finite number. */
export function probability(value: unknown): number | null {
  const part = number(value);
  return part !== null && Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : null;
}
