import type { RequestId } from "../deepgram/request-id.ts";
import { timeout } from "../lib/timeout.ts";
import { type Details, tagsIn, titleIn } from "../store/details.ts";
import type { Expectation } from "../store/expectations.ts";
import type { CallbackRecord } from "../store/record.ts";
import { cutList, listSql, unlistSql } from "./catalogue.ts";

type Expected = Pick<Expectation, "requestId" | "state" | "expectedAt" | "deadlineAt"> &
  Partial<Expectation> & {
    /** What was said of it; without it, that stays as it is. */
    details?: Details;
  };

const WITHIN_MS = 3_000;

const INSERT = `
  INSERT INTO transcripts (request_id, state, at, expected_at)
  SELECT ?1, ?2, ?3, ?3
  WHERE NOT EXISTS (SELECT 1 FROM deletions WHERE request_id = ?1)
    AND NOT EXISTS (SELECT 1 FROM transcripts WHERE request_id = ?1)
  ON CONFLICT DO NOTHING`;

const AWAITED = "request_id = ?1 AND received_at IS NULL";

const UPDATE = `
  UPDATE transcripts SET
    state = ?2, expected_at = ?3, deadline_at = ?4, error = ?5,
    title = iif(?9 IS NULL, title, ?8), tags = coalesce(?9, tags),
    overdue_at = iif(?2 = 'overdue' AND ?6 IS NULL, coalesce(overdue_at, ?7), NULL)
  WHERE ${AWAITED}`;

const REPLACED = "UPDATE transcripts SET overdue_at = NULL WHERE request_id = ?1";

/**
 * Writes what is expected into the catalogue, unless its callback is there. `overdue_at` is when it
 * became overdue, null once another request has taken its place. Throws when D1 is away.
 */
export async function catalogueExpectation(db: D1Database, expected: Expected): Promise<void> {
  const { requestId, state, expectedAt, deadlineAt, reason, successor, details } = expected;
  const error =
    state === "failed" ? JSON.stringify({ code: null, message: reason, details: null }) : null;
  const title = details === undefined ? null : (titleIn({}, details)?.toWellFormed() ?? null);
  const tags = details === undefined ? null : JSON.stringify(cutList(tagsIn([], details)));
  const now = new Date().toISOString();
  const written = db.batch([
    db.prepare(INSERT).bind(requestId, state, expectedAt),
    db.prepare(unlistSql(AWAITED)).bind(requestId),
    db
      .prepare(UPDATE)
      .bind(requestId, state, expectedAt, deadlineAt, error, successor ?? null, now, title, tags),
    db.prepare(listSql(AWAITED)).bind(requestId),
  ]);
  await timeout(written, WITHIN_MS, "the catalogue");
}

/** Notes that another request has taken the place of an overdue one. Throws when D1 is away. */
export async function catalogueReplaced(db: D1Database, requestId: RequestId): Promise<void> {
  await timeout(db.prepare(REPLACED).bind(requestId).run(), WITHIN_MS, "the catalogue");
}

/** Whether the catalogue has this callback, as it has once all its follow-ups are planned. One row read. */
export async function knowsCallback(
  db: D1Database,
  { requestId, sha256 }: CallbackRecord,
): Promise<boolean> {
  const statement = db.prepare("SELECT 1 FROM transcripts WHERE request_id = ?1 AND sha256 = ?2");
  return (await statement.bind(requestId, sha256).first()) !== null;
}
