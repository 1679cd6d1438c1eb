import { pageOf } from "./cursor.ts";
import type { ListedTranscript, ListQuery, TranscriptList } from "./list-query.ts";

type Found = { request_id: string; deleted_at: string };

/**
 * A page of the tombstones, the last deletion first: nothing else is known of them, so that those of a
 * tag are none. `since` and `until` are about the deletion.
 */
export async function listDeleted(db: D1Database, query: ListQuery): Promise<TranscriptList> {
  if (query.tag !== undefined) return { transcripts: [], next_cursor: null };
  const { where, values } = conditions(query);
  const { results } = await db
    .prepare(
      `SELECT request_id, deleted_at FROM deletions ${where}
       ORDER BY deleted_at DESC, request_id DESC LIMIT ${query.limit + 1}`,
    )
    .bind(...values)
    .all<Found>();
  const { page, next_cursor } = pageOf(results, query.limit, (last) => [
    last.deleted_at,
    last.request_id,
  ]);
  return { transcripts: page.map(toListed), next_cursor };
}

function conditions({ since, until, cursor }: ListQuery) {
  const values: unknown[] = [];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const all: string[] = [];
  if (since !== undefined) all.push(`deleted_at >= ${bind(since)}`);
  // As in the list of the others, one upper bound is enough.
  if (cursor !== undefined && (until === undefined || cursor[0] < until)) {
    all.push(`(deleted_at, request_id) < (${bind(cursor[0])}, ${bind(cursor[1])})`);
  } else if (until !== undefined) {
    all.push(`deleted_at < ${bind(until)}`);
  }
  return { where: all.length > 0 ? `WHERE ${all.join(" AND ")}` : "", values };
}

const toListed = (found: Found): ListedTranscript => ({
  ...found,
  state: "deleted",
  kind: null,
  expected_at: null,
  deadline_at: null,
  received_at: null,
  bytes: null,
  sha256: null,
  duration: null,
  channels: null,
  models: [],
  languages: [],
  title: null,
  tags: [],
  error: null,
  preview: null,
  speakers: null,
  follow_ups: { done: 0, pending: 0, failed: 0 },
});
