const FIRST_DELAY_SECONDS = 10;
const MAX_DELAY_SECONDS = 3_600;

/**
 * Seconds to wait after attempt number `attempts` (from 1) failed: doubling from 10 s to an hour,
 * half of it at random (`random` from 0 to 1), so that what failed together is not tried together.
 */
export function backOffSeconds(attempts: number, random: number = Math.random()): number {
  const delay = Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), MAX_DELAY_SECONDS);
  return Math.ceil(delay / 2 + (delay / 2) * random);
}
