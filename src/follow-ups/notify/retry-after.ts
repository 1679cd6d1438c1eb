/** A queue delays a message by at most a day. */
const MAX_WAIT_SECONDS = 86_400;

/** Reads `Retry-After` (RFC 9110, section 10.2.3): seconds or a date; null when there is none. */
export function retryAfterSeconds(value: string | null, now: number): number | null {
  if (value === null) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1_000;
  if (Number.isNaN(seconds)) return null;
  return Math.ceil(Math.min(Math.max(seconds, 0), MAX_WAIT_SECONDS));
}
