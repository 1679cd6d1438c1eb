import type { Expectation } from "../store/expectations.ts";
import { timeout } from "../timeout.ts";

type Expected = Pick<Expectation, "requestId" | "state" | "expectedAt" | "deadlineAt"> &
  Partial<Expectation>;

const WITHIN_MS = 3_000;

const INSERT = `
  INSERT INTO transcripts (request_id, state, at, expected_at)
  SELECT ?1, ?2, ?3, ?3
  WHERE NOT EXISTS (SELECT 1 FROM deletions WHERE request_id = ?1)
    AND NOT EXISTS (SELECT 1 FROM transcripts WHERE request_id = ?1)
  ON CONFLICT DO NOTHING`;

const UPDATE = `
  UPDATE transcripts SET state = ?2, expected_at = ?3, deadline_at = ?4, error = ?5
  WHERE request_id = ?1 AND received_at IS NULL`;

const NUMBER = "SELECT number FROM transcripts WHERE request_id = ?1 AND received_at IS NULL";

const UNLIST = `DELETE FROM listed WHERE number IN (${NUMBER})`;

const LIST = `
  INSERT INTO listed (number, tag, state, at)
  SELECT number, '', state, at FROM transcripts WHERE number IN (${NUMBER})`;

/** Writes what is expected into the catalogue, unless its callback is there. Throws when D1 is away. */
export async function catalogueExpectation(db: D1Database, expected: Expected): Promise<void> {
  const { requestId, state, expectedAt, deadlineAt, reason } = expected;
  const error =
    state === "failed" ? JSON.stringify({ code: null, message: reason, details: null }) : null;
  const written = db.batch([
    db.prepare(INSERT).bind(requestId, state, expectedAt),
    db.prepare(UPDATE).bind(requestId, state, expectedAt, deadlineAt, error),
    db.prepare(UNLIST).bind(requestId),
    db.prepare(LIST).bind(requestId),
  ]);
  await timeout(written, WITHIN_MS, "the catalogue");
}
