import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { CallbackRecord } from "../store/record.ts";

export type CatalogueChange =
  | { change: "upsert"; record: CallbackRecord; facts: Facts }
  | { change: "erase"; requestId: RequestId };

const UPSERT = `
  INSERT INTO transcripts
    (request_id, state, received_at, bytes, sha256, duration, channels, models, languages, tags, error)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
  ON CONFLICT (request_id) DO UPDATE SET
    state = ?2, received_at = ?3, bytes = ?4, sha256 = ?5, duration = ?6, channels = ?7,
    models = ?8, languages = ?9, tags = ?10, error = ?11`;

/** Makes the catalogue say what R2 says, all changes or none. Repeating it changes nothing. */
export async function writeCatalogue(db: D1Database, changes: CatalogueChange[]): Promise<void> {
  if (changes.length === 0) return;
  await db.batch(changes.map((change) => statement(db, change)));
}

function statement(db: D1Database, change: CatalogueChange): D1PreparedStatement {
  if (change.change === "erase") {
    return db.prepare("DELETE FROM transcripts WHERE request_id = ?1").bind(change.requestId);
  }
  const { record, facts } = change;
  return db
    .prepare(UPSERT)
    .bind(
      record.requestId,
      record.state,
      record.receivedAt,
      record.bytes,
      record.sha256,
      facts.duration,
      facts.channels,
      JSON.stringify(facts.models),
      JSON.stringify(facts.languages),
      JSON.stringify(facts.tags),
      facts.error && JSON.stringify(facts.error),
    );
}
