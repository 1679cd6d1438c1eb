import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { type Details, NO_DETAILS, tagsIn, titleIn } from "../store/details.ts";
import { type CallbackRecord, firstReceivedAt, resultKind } from "../store/record.ts";
import { type FollowUpState, followUpsColumn, MERGED_FOLLOW_UPS } from "./follow-ups.ts";
import { listSql, unlistSql } from "./listed.ts";
import { type Erased, eraseStatements, removeStatements } from "./remove.ts";

/** What the list shows of what is said in a transcript. */
export type Shown = {
  /** The first words, at most 160 characters. */
  preview: string | null;
  /** How many people speak; null where nobody tells them apart. */
  speakers: number | null;
  /** The month whose index has its words: `2026-11`. */
  month: string | null;
};

export type CatalogueChange =
  | {
      change: "upsert";
      record: CallbackRecord;
      facts: Facts;
      /** What was said of the request before its callback came. */
      details?: Details;
      /** What the list shows of what is said. */
      shown?: Shown;
      /** How its follow-ups are; without, that stays as it is. */
      followUps?: readonly FollowUpState[];
      /** The body, where it has been read. */
      body?: ArrayBuffer;
    }
  /** `deletedAt` is ISO 8601 in UTC. */
  | ({ change: "erase" } & Erased)
  /** A request that leaves the list although nobody deleted it. */
  | { change: "remove"; requestId: RequestId; firstReceivedAt?: string };

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
    else rows.push(toRow(change));
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

/** The row of a stored callback. Lists whose JSON has more than 2,000 characters are cut. */
function toRow({
  record,
  facts,
  details = NO_DETAILS,
  shown,
  followUps = [],
}: Extract<CatalogueChange, { change: "upsert" }>) {
  return {
    request_id: record.requestId,
    state: record.state,
    kind: resultKind(record),
    at: firstReceivedAt(record),
    received_at: record.receivedAt,
    bytes: record.bytes,
    sha256: record.sha256,
    duration: facts.duration,
    channels: facts.channels,
    models: cutList(facts.models),
    languages: cutList(facts.languages),
    title: titleIn(facts.extra, details)?.toWellFormed() ?? null,
    tags: cutList(tagsIn(facts.tags, details)),
    error: facts.error,
    revision: record.succession?.revision ?? 0,
    preview: shown?.preview ?? null,
    speakers: shown?.speakers ?? null,
    month: shown?.month ?? null,
    follow_ups: followUpsColumn(followUps),
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

// A consumer that read the record before another body replaced it may write after that.
const UPSERT = `
  INSERT INTO transcripts (request_id, state, kind, at, received_at, bytes, sha256, duration, channels,
    models, languages, title, tags, error, revision, preview, speakers, follow_ups)
  SELECT value ->> 'request_id', value ->> 'state', value ->> 'kind', value ->> 'at',
    value ->> 'received_at', value ->> 'bytes', value ->> 'sha256', value ->> 'duration',
    value ->> 'channels', value ->> 'models', value ->> 'languages', value ->> 'title',
    value ->> 'tags', value ->> 'error', value ->> 'revision', value ->> 'preview',
    value ->> 'speakers', value ->> 'follow_ups'
  FROM json_each(?1) AS given
  WHERE NOT EXISTS (SELECT 1 FROM deletions WHERE request_id = given.value ->> 'request_id')
  ON CONFLICT (request_id) DO UPDATE SET
    state = excluded.state, kind = excluded.kind, at = excluded.at,
    received_at = excluded.received_at, bytes = excluded.bytes, sha256 = excluded.sha256,
    duration = excluded.duration, channels = excluded.channels, models = excluded.models,
    languages = excluded.languages, title = excluded.title, tags = excluded.tags,
    error = excluded.error, revision = excluded.revision, preview = excluded.preview,
    speakers = excluded.speakers, follow_ups = ${MERGED_FOLLOW_UPS}
  WHERE transcripts.revision <= excluded.revision`;

const MONTHS = `
  INSERT INTO months (month)
  SELECT DISTINCT value ->> 'month' FROM json_each(?1)
  WHERE value ->> 'month' IS NOT NULL AND value ->> 'month' NOT IN (SELECT month FROM months)`;

const GIVEN = "request_id IN (SELECT value ->> 'request_id' FROM json_each(?1))";

/** Writes rows, but for those of erased requests. */
function upsertStatements(db: D1Database, rows: readonly Row[]): D1PreparedStatement[] {
  const json = JSON.stringify(rows);
  return [MONTHS, unlistSql(GIVEN), UPSERT, listSql(GIVEN)].map((sql) =>
    db.prepare(sql).bind(json),
  );
}
