import { type Hit, hitIn } from "../transcript/search/hit.ts";
import { type JoinedToken, joinTokens, type Token, tokens } from "../transcript/search/tokens.ts";
import { pageOf } from "./list-query.ts";
import type { SearchQuery, SearchResult } from "./search-query.ts";
import { matchExpression, NUMBER_SHIFT, type Term } from "./terms.ts";
import { fromSteps } from "./update-catalogue.ts";

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

/** A piece without what only the index needs. */
type Passage = { text: string; channel: number; speaker: number | null; times: number[] };

/** Tokens of a piece by their index, both ends included. */
type Span = { from: number; to: number };

const MAX_MATCH_CHARS = 240;

/**
 * Where a passage has all the terms closest together. A hit wider than 240 characters (UTF-16 units)
 * is cut to its beginning.
 */
function passageHit({ text, channel, speaker, times }: Passage, sought: Term[]): Hit {
  const all = tokens(text);
  const moments = fromSteps(times);
  const timesOf = (token: Token) => {
    const index = 2 * all.indexOf(token);
    return { start: moments[index]!, end: moments[index + 1]! };
  };
  const segment = { start: 0, end: 0, channel, speaker, language: null, text, words: [] };
  const joined = joinTokens(text, all);
  const { from, to } = closest(all, joined, sought);
  const tooWide = all.findIndex((token) => token.to > all[from]!.from + MAX_MATCH_CHARS);
  const last = tooWide === -1 ? to : Math.max(from, Math.min(to, tooWide - 1));
  return hitIn([{ segment, text, tokens: all, joined, firstToken: 0, timesOf }], from, last);
}

/** The narrowest span of tokens that has every term; the leftmost of equal ones. */
function closest(
  all: readonly Token[],
  joined: readonly JoinedToken[],
  sought: readonly Term[],
): Span {
  const begins = new Map(joined.map(({ first }, index) => [first, index]));
  const latest = sought.map((): Span | undefined => undefined);
  let best: Span = { from: 0, to: all.length - 1 };
  all.forEach((_, from) => {
    sought.forEach((term, i) => {
      const { keys, isPrefix } = term;
      const begin = begins.get(from);
      if (isAt(all, from, keys, isPrefix)) latest[i] = { from, to: from + keys.length - 1 };
      else if (begin !== undefined && isAt(joined, begin, term.joined, isPrefix)) {
        latest[i] = { from, to: joined[begin + term.joined.length - 1]!.last };
      }
    });
    if (!latest.every((span) => span !== undefined)) return;
    const span = {
      from: Math.min(...latest.map((one) => one.from)),
      to: Math.max(...latest.map((one) => one.to)),
    };
    if (span.to - span.from < best.to - best.from) best = span;
  });
  return best;
}

function isAt(
  all: readonly { key: string }[],
  from: number,
  keys: readonly string[],
  isPrefix: boolean,
): boolean {
  return keys.every((key, i) => {
    const said = all[from + i]?.key;
    return isPrefix && i === keys.length - 1 ? said?.startsWith(key) : said === key;
  });
}
