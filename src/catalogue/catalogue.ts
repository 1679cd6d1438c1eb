import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { type Details, NO_DETAILS, tagsIn, titleIn } from "../store/details.ts";
import type { Entry } from "../store/effect-entry.ts";
import { type CallbackRecord, firstReceivedAt, resultKind } from "../store/record.ts";
import { STATES } from "../store/request-states.ts";

/** Of each follow-up the later of two states: writers may come in any order. */
const MERGED_FOLLOW_UPS = `iif(excluded.follow_ups = '{}', transcripts.follow_ups, (
  SELECT json_group_object(key, value) FROM (
    SELECT key, max(value) AS value FROM (
      SELECT key, value FROM json_each(transcripts.follow_ups)
      UNION ALL SELECT key, value FROM json_each(excluded.follow_ups)
    ) GROUP BY key)))`;

/** In `listed` every request is under this, and under each of its tags. */
export const EVERY = "";

/** The states of requests that are in `listed`, as SQL: `state IN (…)` seeks once for each. */
export const LISTED_STATES = STATES.filter((state) => state !== "deleted");
export const LISTED_STATES_SQL = LISTED_STATES.map((state) => `'${state}'`).join(", ");

// Not a UNION: with that SQLite would look through all of `listed` to delete a row.
const places = (which: string) => `
  SELECT DISTINCT tag.value, state, at, number
  FROM transcripts JOIN json_each(json_insert(tags, '$[#]', '${EVERY}')) AS tag WHERE ${which}`;

/**
 * SQL that takes requests out of `listed`, where their rows in `transcripts` meet `which`: before their
 * state, time or tags change.
 */
export const unlistSql = (which: string): string =>
  `DELETE FROM listed WHERE (tag, state, at, number) IN (${places(which)})`;

/** SQL that puts requests into `listed`, where their rows in `transcripts` meet `which`; what is there stays. */
export const listSql = (which: string): string =>
  `INSERT INTO listed (tag, state, at, number) ${places(which)} ON CONFLICT DO NOTHING`;

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

const ROWS = "request_id IN (SELECT value FROM json_each(?1))";

const REMOVE = [unlistSql(ROWS), `DELETE FROM transcripts WHERE ${ROWS}`];

const MARK = `
  INSERT INTO deletions (request_id, deleted_at)
  SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
  ON CONFLICT DO NOTHING`;

/** What was deleted. Times are ISO 8601 in UTC. */
type Erased = {
  requestId: RequestId;
  deletedAt: string;
  /** When its first body was received, which tells the month that has its words; null without a body. */
  firstReceivedAt: string | null;
};

/** Removes all that the catalogue has of requests. */
function removeStatements(db: D1Database, ids: readonly RequestId[]): D1PreparedStatement[] {
  const json = JSON.stringify(ids);
  return REMOVE.map((sql) => db.prepare(sql).bind(json));
}

/** The same, and marks them as deleted for good. */
function eraseStatements(db: D1Database, erased: readonly Erased[]): D1PreparedStatement[] {
  const marks = erased.map(({ requestId, deletedAt }) => [requestId, deletedAt]);
  const ids = erased.map(({ requestId }) => requestId);
  return [db.prepare(MARK).bind(JSON.stringify(marks)), ...removeStatements(db, ids)];
}

/** How many follow-ups of a transcript are done, wait or run, or need a person; cancelled ones count nowhere. */
type FollowUpCounts = { done: number; pending: number; failed: number };

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
const followUpsColumn = (entries: readonly FollowUpState[]): string =>
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

/**
 * The most that one D1 database holds, in bytes. Cloudflare says 10 GB; a full one reported
 * 9,999,998,976. https://developers.cloudflare.com/d1/platform/limits/
 */
export const MAX_DATABASE_BYTES = 10_000_000_000;

/**
 * Whether D1 refused to write since the database, or all of the account's together, hold as much as
 * they may. https://developers.cloudflare.com/d1/observability/debug-d1/
 */
export const isDatabaseFull = (error: unknown): boolean =>
  /^D1_ERROR: (Exceeded maximum (DB size|account storage)|database or disk is full)/i.test(
    reasonOf(error),
  );
