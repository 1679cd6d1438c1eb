import type { Placement } from "../../config/config.ts";
import type { RequestId } from "../../deepgram/request-id.ts";
import { limitConcurrency } from "../../lib/concurrency.ts";
import { MAX_HELD_BYTES } from "../../lib/held-bytes.ts";
import { log, reasonOf } from "../../lib/log.ts";
import { type Deadline, deadlineIn } from "../../lib/timeout.ts";
import { openCallback } from "../../store/callbacks.ts";
import { segmentsIn, segmentsOf } from "../../store/stored-segments.ts";
import type { Hit } from "../../transcript/search/passage.ts";
import { encodeCursor } from "../list-query.ts";
import { findHits } from "./find-hits.ts";
import type { Indexed, MonthQuery, Ranked } from "./month-index.ts";
import { askMonth, indexedMonths } from "./months.ts";
import type { FoundTranscript, SearchQuery, SearchResult } from "./search-query.ts";
import { matchExpressions, type Term } from "./terms.ts";

type Stores = Pick<Env, "CATALOGUE" | "TRANSCRIPTS" | "SEARCH_INDEX"> & Placement;

const MAX_RANKED = 1_000;
/** A page that takes longer ends early; the next page continues. */
const PAGE_WITHIN_MS = 20_000;
/** Of one index: the answer does not wait longer, and names its month. */
const QUERY_WITHIN_MS = 4_000;
/** With the index, fewer than the six connections of an invocation. */
const READS_AT_ONCE = 4;
/** Of bodies in memory at once; parsed they take several times as much. */
const MAX_BYTES_AT_ONCE = 1.5 * MAX_HELD_BYTES;
/** Most queries wake one index; one that finds little asks several at once. */
const MAX_MONTHS_AT_ONCE = 4;

/** What the indexes name, in the order of the answer. */
type Candidate = Indexed & { hits: Hit[] };

/**
 * A page of the transcripts in which all terms of a query are said, the newest or the best first. The
 * index of each month names candidates; each is read as R2 has it now, so that what was deleted or
 * replaced is not in the answer, whatever an index says. A month whose index does not answer is named.
 * Throws when D1 or R2 does not answer.
 */
export async function searchTranscripts(env: Stores, query: SearchQuery): Promise<SearchResult> {
  const deadline = deadlineIn(PAGE_WITHIN_MS);
  const isRanked = query.cursor ? query.cursor.length === 4 : query.sort === "best";
  const { page, incomplete, position } = isRanked
    ? await bestPage(env, query, deadline)
    : await newestPage(env, query, deadline);
  return {
    transcripts: await describe(env.CATALOGUE, page),
    incomplete,
    next_cursor: position === null ? null : encodeCursor(position),
  };
}

type Page = { page: Candidate[]; incomplete: string[]; position: SearchQuery["cursor"] | null };

async function newestPage(env: Stores, query: SearchQuery, deadline: Deadline): Promise<Page> {
  const incomplete: string[] = [];
  const page: Candidate[] = [];
  let last: Indexed | null = null;
  for await (const named of newestFirst(env, query, incomplete)) {
    for (let from = 0; from < named.length; ) {
      const isOver = page.length === query.limit || (last !== null && deadline.msLeft() === 0);
      if (isOver && last !== null) {
        return { page, incomplete, position: [last.receivedAt, last.requestId] };
      }
      const some = named.slice(from, from + Math.min(query.limit - page.length, READS_AT_ONCE));
      page.push(...(await verify(env.TRANSCRIPTS, some, query.q)));
      from += some.length;
      last = some.at(-1)!;
    }
  }
  return { page, incomplete, position: null };
}

/** What the months name, the newest first, in lists of one month. */
async function* newestFirst(
  env: Stores,
  query: SearchQuery,
  incomplete: string[],
): AsyncGenerator<Indexed[]> {
  const { since, until, cursor } = query;
  const after = cursor ? { receivedAt: cursor[0], requestId: cursor[1] as RequestId } : null;
  const ends = [until, cursor?.[0]].filter((at) => at !== undefined).sort();
  const months = await indexedMonths(env.CATALOGUE, { since, until: ends[0] });
  const limit = query.limit + 1;
  const asked = { ...monthQuery(query), after, limit };
  for (let from = 0, atOnce = 1; from < months.length; from += atOnce, atOnce *= 2) {
    atOnce = Math.min(atOnce, MAX_MONTHS_AT_ONCE);
    const some = months.slice(from, from + atOnce);
    const answers = some.map((month) => quietly(env, month, asked, "newest"));
    for (const [index, month] of some.entries()) {
      let named = await answers[index]!;
      while (named !== null) {
        if (named.length > 0) yield named;
        if (named.length < limit) break;
        named = await quietly(env, month, { ...asked, after: named.at(-1)! }, "newest");
      }
      if (named === null) incomplete.push(month);
    }
  }
}

/** The best of the newest matches there were for the first page; a later page continues in the same order. */
async function bestPage(env: Stores, query: SearchQuery, deadline: Deadline): Promise<Page> {
  const { since, until, cursor } = query;
  const [receivedAt, requestId, lastId, read = 0] = cursor ?? [];
  const incomplete: string[] = [];
  const ranked: Ranked[] = [];
  const newest = { since, until: [until, receivedAt].filter((at) => at !== undefined).sort()[0] };
  // Those that came in later are on no page: the newest match of the first page is still in.
  const isOld = (one: Indexed) =>
    receivedAt === undefined ||
    one.receivedAt < receivedAt ||
    (one.receivedAt === receivedAt && one.requestId <= (requestId ?? ""));
  for (const month of await indexedMonths(env.CATALOGUE, newest)) {
    const asked = { ...monthQuery(query), after: null, limit: MAX_RANKED - ranked.length };
    if (receivedAt !== undefined) asked.until = min(asked.until, justAfter(receivedAt));
    const named = await quietly(env, month, asked, "ranked");
    if (named === null) incomplete.push(month);
    else ranked.push(...named.filter(isOld));
    if (ranked.length >= MAX_RANKED) break;
  }
  const snapshot = cursor ?? (ranked[0] && [ranked[0].receivedAt, ranked[0].requestId]);
  ranked.sort((a, b) => a.rank - b.rank || b.receivedAt.localeCompare(a.receivedAt));
  const page: Candidate[] = [];
  // Ranks move a little with what is indexed meanwhile: continue after the last match, wherever it is now.
  const last = ranked.findIndex((one) => one.requestId === lastId);
  const first = last === -1 ? read : last + 1;
  let next = first;
  while (
    next < ranked.length &&
    page.length < query.limit &&
    (next === first || deadline.msLeft() > 0)
  ) {
    const some = ranked.slice(next, next + Math.min(query.limit - page.length, READS_AT_ONCE));
    page.push(...(await verify(env.TRANSCRIPTS, some, query.q)));
    next += some.length;
  }
  const position: Page["position"] =
    next < ranked.length && snapshot
      ? [snapshot[0]!, snapshot[1]!, ranked[next - 1]!.requestId, next]
      : null;
  return { page, incomplete, position };
}

const monthQuery = ({ q, tag, since, until }: SearchQuery) => ({
  terms: matchExpressions(q, tag),
  since: since ?? null,
  until: until ?? null,
});

const min = (a: string | null, b: string): string => (a !== null && a < b ? a : b);

const justAfter = (at: string): string => new Date(Date.parse(at) + 1).toISOString();

/** What a month names; null when its index does not answer. */
async function quietly<Way extends "newest" | "ranked">(
  env: Stores,
  month: string,
  query: MonthQuery,
  way: Way,
): Promise<(Way extends "ranked" ? Ranked[] : Indexed[]) | null> {
  try {
    return (await askMonth<unknown>(
      env,
      month,
      (index) => index[way](query),
      QUERY_WITHIN_MS,
    )) as never;
  } catch (error) {
    log("warn", "search.incomplete", { month, reason: reasonOf(error) });
    return null;
  }
}

/** Those of some candidates in which all terms are said, with the places, in their order. */
async function verify(
  bucket: R2Bucket,
  some: readonly Indexed[],
  terms: readonly Term[],
): Promise<Candidate[]> {
  const one = limitConcurrency(READS_AT_ONCE);
  const withinBytes = limitBytes(MAX_BYTES_AT_ONCE);
  const read = await Promise.all(
    some.map((candidate) =>
      one(async () => {
        const hits = await hitsOf(bucket, candidate.requestId, terms, withinBytes);
        return { ...candidate, hits };
      }),
    ),
  );
  return read.filter(({ hits }) => hits.length > 0);
}

/** Where the current transcript of a request has the terms. One R2 operation for a small one. */
async function hitsOf(
  bucket: R2Bucket,
  id: RequestId,
  terms: readonly Term[],
  withinBytes: LimitBytes,
): Promise<Hit[]> {
  const found = await openCallback(bucket, id);
  if (found === null) return [];
  const { record, object } = found;
  if (record.state !== "received" || record.bodyKey !== null || record.kind === "text") {
    await object.body.cancel();
    return record.state === "received" ? findHits(segmentsOf(bucket, record), terms) : [];
  }
  return withinBytes(record.bytes, async () =>
    findHits(segmentsIn(record, await object.json()), terms),
  );
}

type LimitBytes = <Value>(bytes: number, work: () => Promise<Value>) => Promise<Value>;

/** Runs work when there is room for its bytes beside that of the others; one alone always has. */
function limitBytes(most: number): LimitBytes {
  const waiting: { bytes: number; start: () => void }[] = [];
  let held = 0;
  const startNext = () => {
    while (waiting[0] && (held === 0 || held + waiting[0].bytes <= most)) {
      const next = waiting.shift()!;
      held += next.bytes;
      next.start();
    }
  };
  return async (bytes, work) => {
    await new Promise<void>((start) => {
      waiting.push({ bytes, start });
      startNext();
    });
    try {
      return await work();
    } finally {
      held -= bytes;
      startNext();
    }
  };
}

type Row = { request_id: string; title: string | null; duration: number | null; tags: string };

/** Candidates with what the list knows of them. */
async function describe(db: D1Database, page: readonly Candidate[]): Promise<FoundTranscript[]> {
  if (page.length === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT request_id, title, duration, tags FROM transcripts
       WHERE request_id IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify(page.map(({ requestId }) => requestId)))
    .all<Row>();
  const rows = new Map(results.map((row) => [row.request_id, row]));
  return page.map(({ requestId, receivedAt, hits }) => {
    const row = rows.get(requestId);
    return {
      request_id: requestId,
      title: row?.title ?? null,
      received_at: receivedAt,
      duration: row?.duration ?? null,
      tags: row === undefined ? [] : JSON.parse(row.tags),
      hits,
    };
  });
}
