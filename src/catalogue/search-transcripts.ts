import { pageOf } from "./cursor.ts";
import { matchExpression } from "./match-expression.ts";
import { passageHit } from "./passage-hit.ts";
import { NUMBER_SHIFT } from "./search-ids.ts";
import type { SearchQuery, SearchResult } from "./search-query.ts";

type Found = {
  id: number;
  rank: number;
  at: string;
  request_id: string;
  /** The number of the newest transcript. */
  newest: number;
  text: string;
  channel: number;
  speaker: number | null;
  /** JSON. */
  times: string;
};

/** Of more matches only as many are ranked, of the transcripts catalogued last. */
const MAX_RANKED = 10_000;

// Before the first body is indexed whole, what there is of it is found.
const INDEXED_WHOLE = "(indexed IS NULL OR substr(indexed, 3) = transcripts.sha256)";

/**
 * The passages of all transcripts that have every term of a query, ranked by bm25, equal ones the
 * newest first. Transcripts that arrive meanwhile are on no later page; they change all ranks a little,
 * so that a page continues from the current rank of the last hit.
 */
export async function searchTranscripts(db: D1Database, query: SearchQuery): Promise<SearchResult> {
  const { results } = await statement(db, query).all<Found>();
  const { page, next_cursor } = pageOf(results, query.limit, (last) => [
    query.cursor?.[0] ?? last.newest,
    last.rank,
    last.at,
    last.id,
  ]);
  return {
    hits: page.map(({ request_id, times, ...passage }) => {
      const hit = passageHit({ ...passage, times: JSON.parse(times) }, query.q);
      return { request_id, ...hit };
    }),
    next_cursor,
  };
}

function statement(db: D1Database, { q, tag, since, until, limit, cursor }: SearchQuery) {
  const values: unknown[] = [];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const newest = cursor ? bind(cursor[0]) : "(SELECT max(number) FROM transcripts)";
  const match = [
    `search MATCH ${bind(matchExpression(q, tag))}`,
    // While a body that took another's place is indexed, pieces of both are there.
    INDEXED_WHOLE,
    `search.rowid < ${newest} + 1 << ${NUMBER_SHIFT}`,
  ];
  if (since !== undefined) match.push(`at >= ${bind(since)}`);
  if (until !== undefined) match.push(`at < ${bind(until)}`);
  const rest = cursor ? after(bind(cursor[1]), bind(cursor[2]), bind(cursor[3])) : "true";
  const sql = `
    WITH
      found AS MATERIALIZED (
        SELECT search.rowid AS id, bm25(search, 1.0, 0.0) AS rank, at, request_id
        FROM search CROSS JOIN transcripts ON number = search.rowid >> ${NUMBER_SHIFT}
        WHERE ${match.join(" AND ")}
        ORDER BY search.rowid DESC LIMIT ${MAX_RANKED}
      ),
      page AS (
        SELECT * FROM found WHERE ${rest} ORDER BY rank, at DESC, id LIMIT ${limit + 1}
      )
    SELECT id, page.rank, at, request_id, ${newest} AS newest, text, channel, speaker, times
    FROM page JOIN search ON search.rowid = id
    ORDER BY page.rank, at DESC, id`;
  return db.prepare(sql).bind(...values);
}

/** The condition for what comes after a hit. */
function after(rank: string, at: string, id: string): string {
  const now = `coalesce((SELECT rank FROM found WHERE id = ${id}), ${rank})`;
  return `(rank > ${now} OR (rank = ${now} AND (at < ${at} OR (at = ${at} AND id > ${id}))))`;
}
