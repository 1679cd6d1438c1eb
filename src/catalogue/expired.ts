import { JOB_VALID_SECONDS } from "../auth/job-credentials.ts";
import type { Retention } from "../config/retention.ts";
import type { RequestId } from "../deepgram/request-id.ts";

const DAY_MS = 86_400_000;

/** One of a retention's tags decides; without any of them `RETENTION_DAYS` does. */
const WITHOUT_TAG = `AND NOT EXISTS (
  SELECT 1 FROM listed AS own
  WHERE own.tag IN (SELECT value FROM json_each(?5))
    AND (own.state, own.at, own.number) = (listed.state, listed.at, listed.number))`;

const oldest = (state: string, cutoff: string, rest: string) => `
  SELECT * FROM (
    SELECT number, at FROM listed WHERE tag = ?4 AND state = '${state}' AND at < ${cutoff} ${rest}
    ORDER BY at, number LIMIT ?2)`;

// D1 puts at most five SELECTs together: each tag has a statement of its own.
const select = (rest: string) => `
  SELECT request_id, oldest.at AS at
  FROM (${["received", "failed"].map((state) => oldest(state, "?1", rest)).join(" UNION ALL ")}
    UNION ALL ${oldest("overdue", "?3", rest)}) AS oldest
  JOIN transcripts USING (number)
  ORDER BY oldest.at LIMIT ?2`;

const OF_TAG = select("");
const OF_OTHERS = select(WITHOUT_TAG);

/** A day after the credential of its job has ended no callback comes for it any more. */
const AWAITED_MS = (JOB_VALID_SECONDS + 86_400) * 1_000;

/** A transcript that is to be deleted, and for how long that has been due, in milliseconds. */
export type Expired = { requestId: RequestId; lateMs: number };

type Row = { request_id: RequestId; at: string };

/**
 * At most `limit` transcripts, received, failed or overdue, whose retention is over, those that are due
 * for the longest time first. What is overdue is awaited for four days at least. `now` in milliseconds
 * since 1970.
 */
export async function listExpired(
  db: D1Database,
  { days, byTag }: Retention,
  now: number,
  limit: number,
): Promise<Expired[]> {
  const policies = [...byTag].filter(([, each]) => Number.isFinite(each));
  const iso = (ms: number) => new Date(Math.max(0, ms)).toISOString();
  const cutoffOf = (each: number) => now - each * DAY_MS;
  const bound = (tag: string, each: number) => [
    iso(cutoffOf(each)),
    limit,
    iso(Math.min(cutoffOf(each), now - AWAITED_MS)),
    tag,
  ];
  const asked = policies.map(([tag, each]) => ({
    each,
    statement: db.prepare(OF_TAG).bind(...bound(tag, each)),
  }));
  if (days !== null) {
    const statement =
      byTag.size === 0
        ? db.prepare(OF_TAG).bind(...bound("", days))
        : db.prepare(OF_OTHERS).bind(...bound("", days), JSON.stringify([...byTag.keys()]));
    asked.push({ each: days, statement });
  }
  if (asked.length === 0) return [];
  const answers = await db.batch<Row>(asked.map(({ statement }) => statement));
  const late = new Map<RequestId, number>();
  for (const [index, { results }] of answers.entries()) {
    const cutoff = cutoffOf(asked[index]?.each ?? 0);
    for (const { request_id, at } of results) {
      const lateMs = cutoff - Date.parse(at);
      late.set(request_id, Math.max(lateMs, late.get(request_id) ?? 0));
    }
  }
  const expired = [...late].map(([requestId, lateMs]) => ({ requestId, lateMs }));
  return expired.sort((one, other) => other.lateMs - one.lateMs).slice(0, limit);
}
