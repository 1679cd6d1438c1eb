import type { RequestId } from "../deepgram/request-id.ts";
import { timeout } from "../lib/timeout.ts";
import type { Entry } from "../store/ledger-entry.ts";

/** How many follow-ups of a transcript are done, wait or run, or need a person; cancelled ones count nowhere. */
export type FollowUpCounts = { done: number; pending: number; failed: number };

/** How a follow-up was at a time: ISO 8601 in UTC. */
export type FollowUpState = Pick<Entry, "id" | "state" | "updatedAt">;

const WITHIN_MS = 3_000;

/** In the column as numbers: of two states of the same millisecond the later kind counts. */
const KINDS = ["pending", "cancelled", "failed", "done"] as const;

const KIND_OF: Partial<Record<Entry["state"], (typeof KINDS)[number]>> = {
  done: "done",
  failed: "failed",
  dead: "failed",
  uncertain: "failed",
  cancelled: "cancelled",
};

/**
 * The column `follow_ups`: a JSON object with a time and a kind, as in "2026-11-30T…Z 3", for each id of a
 * ledger entry. Names would tell the addresses of receivers.
 */
export const followUpsColumn = (entries: readonly FollowUpState[]): string =>
  JSON.stringify(
    Object.fromEntries(
      entries.map(({ id, state, updatedAt }) => [
        id,
        `${updatedAt} ${KINDS.indexOf(KIND_OF[state] ?? "pending")}`,
      ]),
    ),
  );

/** The counts in a column that `followUpsColumn` wrote. */
export function countFollowUps(column: string): FollowUpCounts {
  const counts: FollowUpCounts = { done: 0, pending: 0, failed: 0 };
  for (const value of Object.values<string>(JSON.parse(column))) {
    const kind = KINDS[Number(value.slice(value.indexOf(" ") + 1))];
    if (kind !== undefined && kind !== "cancelled") counts[kind]++;
  }
  return counts;
}

/** Of each follow-up the later of two states: writers may come in any order. */
export const MERGED_FOLLOW_UPS = `iif(excluded.follow_ups = '{}', transcripts.follow_ups, (
  SELECT json_group_object(key, value) FROM (
    SELECT key, max(value) AS value FROM (
      SELECT key, value FROM json_each(transcripts.follow_ups)
      UNION ALL SELECT key, value FROM json_each(excluded.follow_ups)
    ) GROUP BY key)))`;

// A follow-up may end before the row of its transcript is written; that row is in no list until then.
const WRITE = `
  INSERT INTO transcripts (request_id, state, at, follow_ups)
  SELECT ?1, 'received', ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM deletions WHERE request_id = ?1)
  ON CONFLICT (request_id) DO UPDATE SET follow_ups = ${MERGED_FOLLOW_UPS}`;

/** Tells the list how follow-ups of a request are. Repeating it changes nothing. Throws when D1 is away. */
export async function catalogueFollowUps(
  db: D1Database,
  id: RequestId,
  entries: readonly FollowUpState[],
): Promise<void> {
  if (entries.length === 0) return;
  const at = new Date().toISOString();
  const writing = db.prepare(WRITE).bind(id, at, followUpsColumn(entries)).run();
  await timeout(writing, WITHIN_MS, "the catalogue");
}
