import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { type Details, NO_DETAILS, tagsIn, titleIn } from "../store/details.ts";
import { type CallbackRecord, resultKind } from "../store/record.ts";
import { type Erased, eraseStatements, removeStatements } from "./remove.ts";

export type CatalogueChange =
  | {
      change: "upsert";
      record: CallbackRecord;
      facts: Facts;
      /** What was said of the request before its callback came. */
      details?: Details;
    }
  /** `deletedAt` is ISO 8601 in UTC. */
  | ({ change: "erase" } & Erased)
  /** A request that leaves the list although nobody deleted it. */
  | { change: "remove"; requestId: RequestId };

/**
 * Makes the catalogue say what R2 says, all changes or none. An erased request stays erased, whatever
 * is written of it later. Repeating it changes nothing.
 */
export async function writeCatalogue(db: D1Database, changes: CatalogueChange[]): Promise<void> {
  const rows: Row[] = [];
  const erased: Erased[] = [];
  const removed: RequestId[] = [];
  for (const change of changes) {
    if (change.change === "erase") erased.push(change);
    else if (change.change === "remove") removed.push(change.requestId);
    else rows.push(toRow(change.record, change.facts, change.details));
  }
  const statements = [
    ...(erased.length > 0 ? eraseStatements(db, erased) : []),
    ...(removed.length > 0 ? removeStatements(db, removed) : []),
    ...(rows.length > 0 ? upsertStatements(db, rows) : []),
  ];
  if (statements.length > 0) await db.batch(statements);
}

/** A stored callback as its row in `transcripts` has it. */
type Row = ReturnType<typeof toRow>;

/** A row of 2 MB is refused: lists are cut before their JSON is longer than this. */
const MAX_LIST_CHARS = 2_000;

/** The row of a stored callback; `given` was said of it before. Lists whose JSON has more than 2,000 characters are cut. */
function toRow(record: CallbackRecord, facts: Facts, given: Details = NO_DETAILS) {
  return {
    request_id: record.requestId,
    state: record.state,
    kind: resultKind(record),
    received_at: record.receivedAt,
    bytes: record.bytes,
    sha256: record.sha256,
    duration: facts.duration,
    channels: facts.channels,
    models: cutList(facts.models),
    languages: cutList(facts.languages),
    title: titleIn(facts.extra, given)?.toWellFormed() ?? null,
    tags: cutList(tagsIn(facts.tags, given)),
    error: facts.error,
    revision: record.succession?.revision ?? 0,
  };
}

/** The first of some texts, as far as a row has room; well-formed. */
export function cutList(texts: readonly string[]): string[] {
  const kept: string[] = [];
  let chars = "[]".length;
  for (const text of texts) {
    chars += JSON.stringify(text).length + ",".length;
    if (chars > MAX_LIST_CHARS) break;
    kept.push(text.toWellFormed());
  }
  return kept;
}

// An INSERT with a conflict would use up a number each time; those of the search have 31 bits.
const INSERT = `
  INSERT INTO transcripts (request_id, state, at)
  SELECT value ->> 'request_id', value ->> 'state', value ->> 'received_at'
  FROM json_each(?1) AS given
  WHERE NOT EXISTS (SELECT 1 FROM deletions WHERE request_id = given.value ->> 'request_id')
    AND NOT EXISTS (SELECT 1 FROM transcripts WHERE request_id = given.value ->> 'request_id')
  ON CONFLICT DO NOTHING`;

// A writer that read the record before another body replaced it may write later.
const UPDATE = `
  UPDATE transcripts SET
    state = value ->> 'state',
    kind = value ->> 'kind',
    at = value ->> 'received_at',
    received_at = value ->> 'received_at',
    bytes = value ->> 'bytes',
    sha256 = value ->> 'sha256',
    duration = value ->> 'duration',
    channels = value ->> 'channels',
    models = value ->> 'models',
    languages = value ->> 'languages',
    title = value ->> 'title',
    -- The search has the tags too: others are to be written there.
    indexed = iif(tags = value ->> 'tags', indexed, NULL),
    tags = value ->> 'tags',
    error = value ->> 'error',
    revision = value ->> 'revision'
  FROM json_each(?1)
  WHERE request_id = value ->> 'request_id' AND revision <= (value ->> 'revision')`;

const NUMBERS = `
  SELECT number FROM transcripts
  WHERE request_id IN (SELECT value ->> 'request_id' FROM json_each(?1))`;

const UNLIST = `DELETE FROM listed WHERE number IN (${NUMBERS})`;

const LIST = `
  INSERT INTO listed (number, tag, state, at)
  SELECT number, '', state, at FROM transcripts WHERE number IN (${NUMBERS})
  UNION
  SELECT number, tag.value, state, at FROM transcripts JOIN json_each(tags) AS tag
  WHERE number IN (${NUMBERS})`;

/** Writes rows, but for those of erased requests. */
function upsertStatements(db: D1Database, rows: readonly Row[]): D1PreparedStatement[] {
  const json = JSON.stringify(rows);
  return [INSERT, UPDATE, UNLIST, LIST].map((sql) => db.prepare(sql).bind(json));
}
