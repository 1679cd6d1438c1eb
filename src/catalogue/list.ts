import { countFollowUps, EVERY, LISTED_STATES } from "./catalogue.ts";
import {
  encodeCursor,
  type ListedTranscript,
  type ListQuery,
  pageOf,
  type TranscriptList,
} from "./list-query.ts";

type Json = "models" | "languages" | "tags" | "error" | "follow_ups";

type Found = Omit<ListedTranscript, Json> & {
  [Name in Json]: Name extends "error" ? string | null : string;
} & { number: number; at: string };

const COLUMNS = `request_id, transcripts.state, kind, expected_at, deadline_at, received_at, bytes, sha256, duration,
  channels, models, languages, title, tags, error, preview, speakers, follow_ups,
  transcripts.number, transcripts.at`;

/** How long the audio is, in seconds: at least `from`, less than `to`. */
export type Length = { from: number; to: number };

/** So many are looked at for a page of some length of audio; the next page continues after them. */
export const MAX_SCANNED = 1_000;

/**
 * A page of the catalogue, newest first; the deleted ones are in it only when they are asked for. Its
 * cost depends on its length alone, and what comes in meanwhile moves nothing from one page to another.
 */
export async function listTranscripts(db: D1Database, query: ListQuery): Promise<TranscriptList> {
  if (query.state === "deleted") return listDeleted(db, query);
  const { newest, values } = listedBy(query);
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM (${newest} LIMIT ${query.limit + 1}) AS found
       CROSS JOIN transcripts ON transcripts.number = found.number
       ORDER BY found.at DESC, found.number DESC`,
    )
    .bind(...values)
    .all<Found>();
  const { page, next_cursor } = pageOf(results, query.limit, ({ at, number }) => [at, number]);
  return { transcripts: page.map(toListed), next_cursor };
}

/**
 * The same, of those whose audio is of some length, which no index knows: a page may have fewer than its
 * limit, or none, and yet a next one.
 */
export async function listOfLength(
  db: D1Database,
  query: ListQuery,
  { from, to }: Length,
): Promise<TranscriptList> {
  // Of what was deleted the length is not known.
  if (query.state === "deleted") return { transcripts: [], next_cursor: null };
  const { newest, values } = listedBy(query);
  const bounds = values.length;
  const [matching, last] = await db.batch<Found>([
    db
      .prepare(
        `SELECT ${COLUMNS} FROM (${newest} LIMIT ${MAX_SCANNED}) AS scanned
         CROSS JOIN transcripts ON transcripts.number = scanned.number
         WHERE duration >= ?${bounds + 1} AND duration < ?${bounds + 2}
         ORDER BY scanned.at DESC, scanned.number DESC LIMIT ${query.limit + 1}`,
      )
      .bind(...values, from, to),
    db.prepare(`${newest} LIMIT 1 OFFSET ${MAX_SCANNED - 1}`).bind(...values),
  ]);
  const position = ({ at, number }: Pick<Found, "at" | "number">) => [at, number];
  const { page, next_cursor } = pageOf(matching?.results ?? [], query.limit, position);
  const end = last?.results[0];
  return {
    transcripts: page.map(toListed),
    next_cursor: next_cursor ?? (end === undefined ? null : encodeCursor(position(end))),
  };
}

/** SQL for the number and the time of what a query lists, newest first: the index has each state in order. */
function listedBy({ state, tag = EVERY, since, until, cursor }: ListQuery) {
  const values: unknown[] = [];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const where = [`tag = ${bind(tag)}`];
  if (since !== undefined) where.push(`at >= ${bind(since)}`);
  // Of two upper bounds SQLite would seek by either and pass over what the other leaves out.
  if (cursor !== undefined && (until === undefined || cursor[0] < until)) {
    where.push(`(at, number) < (${bind(cursor[0])}, ${bind(cursor[1])})`);
  } else if (until !== undefined) {
    where.push(`at < ${bind(until)}`);
  }
  // D1 puts at most five SELECTs together.
  const ofStates = (state === undefined ? LISTED_STATES : [state]).map(
    (each) => `SELECT number, at FROM listed WHERE state = '${each}' AND ${where.join(" AND ")}`,
  );
  return { newest: `${ofStates.join(" UNION ALL ")} ORDER BY at DESC, number DESC`, values };
}

function toListed({ number: _, at: __, ...found }: Found): ListedTranscript {
  return {
    ...found,
    models: JSON.parse(found.models),
    languages: JSON.parse(found.languages),
    tags: JSON.parse(found.tags),
    follow_ups: countFollowUps(found.follow_ups),
    error: found.error === null ? null : JSON.parse(found.error),
  };
}

type Deletion = { request_id: string; deleted_at: string };

/**
 * A page of the tombstones, the last deletion first: nothing else is known of them, so that those of a
 * tag are none. `since` and `until` are about the deletion.
 */
async function listDeleted(db: D1Database, query: ListQuery): Promise<TranscriptList> {
  if (query.tag !== undefined) return { transcripts: [], next_cursor: null };
  const { where, values } = conditions(query);
  const { results } = await db
    .prepare(
      `SELECT request_id, deleted_at FROM deletions ${where}
       ORDER BY deleted_at DESC, request_id DESC LIMIT ${query.limit + 1}`,
    )
    .bind(...values)
    .all<Deletion>();
  const { page, next_cursor } = pageOf(results, query.limit, (last) => [
    last.deleted_at,
    last.request_id,
  ]);
  return { transcripts: page.map(toDeleted), next_cursor };
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

const toDeleted = (found: Deletion): ListedTranscript => ({
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
