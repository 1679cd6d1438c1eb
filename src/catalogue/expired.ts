import { JOB_VALID_SECONDS } from "../auth/job.ts";
import type { RequestId } from "../deepgram/request-id.ts";

const oldest = (state: string, cutoff: string) => `
  SELECT * FROM (
    SELECT number, at FROM listed WHERE tag = '' AND state = '${state}' AND at < ${cutoff}
    ORDER BY at, number LIMIT ?2)`;

const OLDEST = [oldest("received", "?1"), oldest("failed", "?1"), oldest("overdue", "?3")];

const SELECT = `
  SELECT request_id
  FROM (${OLDEST.join(" UNION ALL ")}) AS oldest
  JOIN transcripts USING (number)
  ORDER BY oldest.at LIMIT ?2`;

/** A day after the credential of its job has ended no callback comes for it any more. */
const AWAITED_MS = (JOB_VALID_SECONDS + 86_400) * 1_000;

/**
 * At most `limit` transcripts, received, failed or overdue, that came or were expected before `cutoff`,
 * the oldest first. What is overdue is awaited for four days at least. `cutoff` and `now` are in
 * milliseconds since 1970.
 */
export async function expiredBefore(
  db: D1Database,
  { cutoff, now, limit }: { cutoff: number; now: number; limit: number },
): Promise<RequestId[]> {
  const overdueCutoff = Math.max(0, Math.min(cutoff, now - AWAITED_MS));
  const { results } = await db
    .prepare(SELECT)
    .bind(new Date(cutoff).toISOString(), limit, new Date(overdueCutoff).toISOString())
    .all<{ request_id: RequestId }>();
  return results.map(({ request_id }) => request_id);
}
