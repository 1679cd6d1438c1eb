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
