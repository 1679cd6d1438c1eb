// A message lives for four days at most: all its attempts must fit into them.
const MAX_WAIT_SECONDS = 3_600;

/** Reads `Retry-After` (RFC 9110, section 10.2.3): seconds or a date; null when there is none. */
export function retryAfterSeconds(value: string | null, now: number): number | null {
  if (value === null) return null;
  const isDate = /^[A-Z][a-z]{2}, .* GMT$/.test(value);
  const seconds = /^\d+$/.test(value)
    ? Number(value)
    : ((isDate ? Date.parse(value) : Number.NaN) - now) / 1_000;
  if (Number.isNaN(seconds)) return null;
  return Math.ceil(Math.min(Math.max(seconds, 0), MAX_WAIT_SECONDS));
}
