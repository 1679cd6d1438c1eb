import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";

/** The row of the table `signals` with the number of messages in `value`, and its UTC day in `at`. */
export const MESSAGES = "messages";

const DAY_MS = 86_400_000;
const WITHIN_MS = 5_000;

/**
 * Counts one more, but no further than one beyond the limit: that one says that messages wait. A clock
 * that is behind at midnight counts on the later day.
 */
const COUNT = `
  INSERT INTO signals (name, value, at) VALUES ('${MESSAGES}', 1, ?1)
  ON CONFLICT (name) DO UPDATE SET
    value = iif(at < ?1, 1, iif(value > ?2, value, value + 1)), at = max(at, ?1)
  RETURNING value`;

/** The beginning of the UTC day, in milliseconds since 1970. */
export const dayOf = (now: number): number => Math.floor(now / DAY_MS) * DAY_MS;

/** The next midnight in UTC, in milliseconds since 1970. */
export const midnightAfter = (now: number): number => dayOf(now) + DAY_MS;

/**
 * Counts an e-mail or a text of today. False when that is one more than `limit` a day. When D1 does not
 * answer the message goes out uncounted: `RECIPIENTS` is what keeps strangers from being written to, and
 * a database that only lists transcripts is not to stop their notifications. Never throws.
 */
export async function countMessage(db: D1Database, limit: number, now: number): Promise<boolean> {
  try {
    const counting = db.prepare(COUNT).bind(dayOf(now), limit).first<number>("value");
    const count = await timeout(counting, WITHIN_MS, "the count of messages");
    return count === null || count <= limit;
  } catch (error) {
    log("warn", "messages.uncounted", { reason: reasonOf(error) });
    return true;
  }
}
