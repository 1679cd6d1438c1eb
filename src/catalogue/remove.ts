import type { RequestId } from "../deepgram/request-id.ts";
import { unlistSql } from "./listed.ts";

const ROWS = "request_id IN (SELECT value FROM json_each(?1))";

const REMOVE = [unlistSql(ROWS), `DELETE FROM transcripts WHERE ${ROWS}`];

const MARK = `
  INSERT INTO deletions (request_id, deleted_at)
  SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
  ON CONFLICT DO NOTHING`;

/** What was deleted. Times are ISO 8601 in UTC. */
export type Erased = {
  requestId: RequestId;
  deletedAt: string;
  /** When its first body was received, which tells the month that has its words; null without a body. */
  firstReceivedAt: string | null;
};

/** Removes all that the catalogue has of requests. */
export function removeStatements(db: D1Database, ids: readonly RequestId[]): D1PreparedStatement[] {
  const json = JSON.stringify(ids);
  return REMOVE.map((sql) => db.prepare(sql).bind(json));
}

/** The same, and marks them as deleted for good. */
export function eraseStatements(db: D1Database, erased: readonly Erased[]): D1PreparedStatement[] {
  const marks = erased.map(({ requestId, deletedAt }) => [requestId, deletedAt]);
  const ids = erased.map(({ requestId }) => requestId);
  return [db.prepare(MARK).bind(JSON.stringify(marks)), ...removeStatements(db, ids)];
}
