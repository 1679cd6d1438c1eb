/** Deepgram takes up to 20. */
export const MAX_CHANNELS = 256;
/** Of one word, paragraph or utterance with all its words, and of a transcript without words. */
export const MAX_ELEMENT_BYTES = 4 * 1024 * 1024;
/** Of all elements held at one time. */
export const MAX_HELD_BYTES = 12 * 1024 * 1024;
/** What a word that waits for its sentence counts. */
export const HELD_WORD_BYTES = 256;

const MAX_TIME_SECONDS = 1e9;

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

/** A time in seconds, not below 0; null in place of anything that is no number, or over 30 years. */
export function time(value: unknown): number | null {
  return typeof value === "number" && value <= MAX_TIME_SECONDS ? Math.max(0, value) : null;
}

/** A whole number from 0, as channels and speakers have; null in place of anything else. */
export function index(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** A probability held within 0 to 1; null in place of anything that is not a finite number. */
export function probability(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value)
    ? Math.min(1, Math.max(0, value))
    : null;
}
