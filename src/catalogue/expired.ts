import type { RequestId } from "../deepgram/request-id.ts";

const OLDEST = (state: string) => `
  SELECT * FROM (
    SELECT number, at FROM listed WHERE tag = '' AND state = '${state}' AND at < ?1
    ORDER BY at, number LIMIT ?2)`;

const SELECT = `
  SELECT request_id
  FROM (${["received", "failed", "overdue"].map(OLDEST).join(" UNION ALL ")}) AS oldest
  JOIN transcripts USING (number)
  ORDER BY oldest.at LIMIT ?2`;

/**
 * At most `limit` transcripts, received, failed or overdue, that came or were expected before `cutoff`,
 * the oldest first.
 * `cutoff` is in milliseconds since 1970.
 */
export async function expiredBefore(
  db: D1Database,
  cutoff: number,
  limit: number,
): Promise<RequestId[]> {
  const { results } = await db
    .prepare(SELECT)
    .bind(new Date(cutoff).toISOString(), limit)
    .all<{ request_id: RequestId }>();
  return results.map(({ request_id }) => request_id);
}
