import { timeout } from "../lib/timeout.ts";
import { countDeadLetters } from "../store/dead-letters.ts";
import { countQuarantined } from "../store/quarantine.ts";

/** How many transcripts are in a state, and since when the oldest of them (ISO 8601, UTC). */
export type StateCount = { state: string; count: number; oldest: string };

/** What came in an hour, and the mean seconds from its submission, where that was seen. */
export type HourFigures = { hour: number; count: number; latencySeconds: number | null };

const HOURS = 24;
const HOUR_MS = 3_600_000;

export async function countStates(db: D1Database): Promise<StateCount[]> {
  const { results } = await db
    .prepare(
      `SELECT state, count,
         (SELECT min(at) FROM listed WHERE tag = '' AND listed.state = counts.state) AS oldest
       FROM counts WHERE count > 0 ORDER BY state`,
    )
    .all<StateCount>();
  return results;
}

/** The last 24 hours, each by the time (Unix, ms) at which it began, the oldest first. */
export async function lastDay(db: D1Database, now: number): Promise<HourFigures[]> {
  const first = Math.floor(now / HOUR_MS - HOURS + 1) * HOUR_MS;
  const { results } = await db
    .prepare(
      `SELECT substr(received_at, 1, 13) AS hour, COUNT(*) AS count,
         AVG((julianday(received_at) - julianday(expected_at)) * 86400) AS latencySeconds
       FROM listed CROSS JOIN transcripts ON transcripts.number = listed.number
       WHERE listed.tag = '' AND listed.state IN ('received', 'failed') AND listed.at >= ?1
         AND received_at IS NOT NULL GROUP BY hour`,
    )
    .bind(new Date(first).toISOString())
    .all<Omit<HourFigures, "hour"> & { hour: string }>();
  const found = new Map(results.map((row) => [Date.parse(`${row.hour}:00:00Z`), row]));
  return Array.from({ length: HOURS }, (_, index) => {
    const hour = first + index * HOUR_MS;
    const { count = 0, latencySeconds = null } = found.get(hour) ?? {};
    return { hour, count, latencySeconds };
  });
}

/** The bar waits no longer for its figure. */
const WITHIN_MS = 1_000;

/** How much waits for a person; null when that cannot be counted at the moment. */
export async function countAttention(env: Env): Promise<number | null> {
  const counting = Promise.all([
    countOverdue(env.CATALOGUE),
    countDeadLetters(env.TRANSCRIPTS),
    countQuarantined(env.TRANSCRIPTS),
  ]);
  return timeout(counting, WITHIN_MS, "counting").then(
    (counts) => counts.reduce((sum, each) => sum + each, 0),
    // The page says it itself when its own data cannot be read.
    () => null,
  );
}

/** How many requests are overdue, as the catalogue knows. */
async function countOverdue(db: D1Database): Promise<number> {
  const overdue = await db
    .prepare("SELECT COUNT(*) AS count FROM listed WHERE tag = '' AND state = 'overdue'")
    .first<number>("count");
  return overdue ?? 0;
}
