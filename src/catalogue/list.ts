import { pageOf } from "./cursor.ts";
import { countFollowUps } from "./follow-ups.ts";
import { listDeleted } from "./list-deleted.ts";
import type { ListedTranscript, ListQuery, TranscriptList } from "./list-query.ts";

type Json = "models" | "languages" | "tags" | "error" | "follow_ups";

type Found = Omit<ListedTranscript, Json> & {
  [Name in Json]: Name extends "error" ? string | null : string;
} & { number: number; at: string };

/** In `listed` every transcript is under this, and under each of its tags. */
const EVERY = "";

const COLUMNS = `request_id, transcripts.state, kind, expected_at, deadline_at, received_at, bytes, sha256, duration,
  channels, models, languages, title, tags, error, preview, speakers, follow_ups,
  transcripts.number, transcripts.at`;

/**
 * A page of the catalogue, newest first; the deleted ones are in it only when they are asked for. Its
 * cost depends on its length alone, and what comes in meanwhile moves nothing from one page to another.
 */
export async function listTranscripts(db: D1Database, query: ListQuery): Promise<TranscriptList> {
  if (query.state === "deleted") return listDeleted(db, query);
  const { where, values } = conditions(query);
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM listed CROSS JOIN transcripts ON transcripts.number = listed.number
       WHERE ${where} ORDER BY listed.at DESC, listed.number DESC LIMIT ${query.limit + 1}`,
    )
    .bind(...values)
    .all<Found>();
  const { page, next_cursor } = pageOf(results, query.limit, ({ at, number }) => [at, number]);
  return { transcripts: page.map(toListed), next_cursor };
}

function conditions({ state, tag = EVERY, since, until, cursor }: ListQuery) {
  const values: unknown[] = [];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const where = [`listed.tag = ${bind(tag)}`];
  if (state !== undefined) where.push(`listed.state = ${bind(state)}`);
  if (since !== undefined) where.push(`listed.at >= ${bind(since)}`);
  // Of two upper bounds SQLite would seek by either and pass over what the other leaves out.
  if (cursor !== undefined && (until === undefined || cursor[0] < until)) {
    where.push(`(listed.at, listed.number) < (${bind(cursor[0])}, ${bind(cursor[1])})`);
  } else if (until !== undefined) {
    where.push(`listed.at < ${bind(until)}`);
  }
  return { where: where.join(" AND "), values };
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
