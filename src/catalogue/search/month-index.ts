import { DurableObject } from "cloudflare:workers";
import type { RequestId } from "../../deepgram/request-id.ts";
import {
  MONTH_SCHEMA,
  NEWEST,
  placeOf,
  RANGE,
  RANKED,
  startsOf,
  timePlace,
} from "./month-schema.ts";

/** What the index of a month knows of a transcript besides its words. */
export type Indexed = {
  requestId: RequestId;
  /** When the first body of the request was received: ISO 8601 in UTC. It never changes. */
  receivedAt: string;
};

/** A part of a transcript's words, all of it for most. */
export type IndexPart = Indexed & {
  /** Names the body, its tags and the form of the rows: what is there under it is not written again. */
  version: string;
  /** Of the body's succession: a body that another one replaced changes nothing. */
  revision: number;
  /** Its tags in hexadecimal, with spaces between them. */
  tags: string;
  /** Which row of the transcript `rows[0]` is, from 0. */
  first: number;
  /** Tokens with spaces between them; each at most 1.9 MB. */
  rows: string[];
  /** Whether the transcript has no more rows: only then it is found. */
  isLast: boolean;
};

export type MonthQuery = {
  /** Expressions of FTS5, all of which a transcript must meet. */
  terms: string[];
  /** Received at this time or later: ISO 8601 in UTC. */
  since: string | null;
  /** Received before this time. */
  until: string | null;
  /** Only what comes after this one, in the order of the answer. */
  after: Indexed | null;
  limit: number;
};

/** The lower the rank, the better. */
export type Ranked = Indexed & { rank: number };

/** How many transcripts may share a millisecond and three digits of the id. */
const MAX_SHARING = 64;

const LONG = `
  SELECT place, request_id, received_at FROM transcripts
  WHERE rows > 1 AND version IS NOT NULL AND place >= ?1 AND place < ?2
  ORDER BY place DESC`;

const HAS_TERM = `SELECT 1 FROM words WHERE words MATCH ?1 AND ${RANGE} LIMIT 1`;

type Row = { place: number; request_id: RequestId; received_at: string };

/**
 * Which transcripts of a month have which words: one row a transcript in a contentless FTS5 table,
 * several where one would be too long. Where the words are said is found in the transcripts. Its name
 * is the month of the first `received_at`, in UTC: `2026-11`.
 */
export class MonthIndex extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  #isThere =
    this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'words'").toArray().length > 0;

  /** Writes a part of a transcript. Repeating it changes nothing. */
  put(part: IndexPart): void {
    this.ctx.storage.transactionSync(() => {
      if (!this.#isThere) this.#sql.exec(MONTH_SCHEMA);
      const { requestId, receivedAt, version, revision } = part;
      const there = this.#find(part);
      if (there !== undefined && (there.version === version || there.revision > revision)) return;
      const place = there?.place ?? this.#freePlace(part);
      const rows = part.first + part.rows.length;
      for (const [index, keys] of part.rows.entries()) {
        this.#sql.exec(
          `INSERT OR REPLACE INTO words (rowid, keys, tags, starts)
           VALUES (CAST(?1 AS INTEGER) * 256 + CAST(?2 AS INTEGER), ?3, ?4, ?5)`,
          place,
          part.first + index,
          keys,
          part.tags,
          startsOf(keys),
        );
      }
      if (part.isLast && there !== undefined) this.#removeRows(place, rows);
      this.#sql.exec(
        "INSERT OR REPLACE INTO transcripts VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        place,
        requestId,
        receivedAt,
        part.isLast ? version : null,
        revision,
        rows,
      );
    });
    this.#isThere = true;
  }

  /** Removes a transcript. Does nothing when there is none. */
  remove(indexed: Indexed): void {
    if (!this.#isThere) return;
    const { place } = this.#find(indexed) ?? {};
    if (place === undefined) return;
    this.ctx.storage.transactionSync(() => {
      this.#removeRows(place, 0);
      this.#sql.exec("DELETE FROM transcripts WHERE place = ?1", place);
    });
  }

  /** Removes all that the month has. */
  async drop(): Promise<void> {
    this.#isThere = false;
    await this.ctx.storage.deleteAll();
  }

  /** The transcripts that meet a query, the newest first. */
  newest(query: MonthQuery): Indexed[] {
    return this.#matches<Row>(NEWEST, query).map(toIndexed);
  }

  /** The newest transcripts that meet a query, each with its rank among those of the month. */
  ranked(query: MonthQuery): Ranked[] {
    return this.#matches<Row & { rank: number }>(RANKED, query).map(({ rank, ...row }) => ({
      ...toIndexed(row),
      rank: rank ?? 0,
    }));
  }

  #matches<Match extends Row>(sql: string, query: MonthQuery): Match[] {
    if (!this.#isThere) return [];
    const { terms, limit } = query;
    const [from, to] = this.#range(query);
    const found = new Map<number, Match>();
    for (const row of this.#sql.exec<Match>(sql, terms.join(" AND "), from, to)) {
      if (!found.has(row.place)) found.set(row.place, row);
      if (found.size === limit) break;
    }
    if (terms.length === 1) return [...found.values()];
    // The words of a long transcript may be in different rows.
    const least = found.size === limit ? Math.min(...found.keys()) : from;
    for (const row of this.#sql.exec<Match>(LONG, least, to).toArray()) {
      if (!found.has(row.place) && this.#hasAll(row.place, terms)) found.set(row.place, row);
    }
    return [...found.values()].sort((a, b) => b.place - a.place).slice(0, limit);
  }

  #hasAll(place: number, terms: string[]): boolean {
    return terms.every(
      (term) => this.#sql.exec(HAS_TERM, term, place, place + 1).toArray().length > 0,
    );
  }

  /** The places that a query is about: the first, and the one after the last. */
  #range({ since, until, after }: MonthQuery): [number, number] {
    const from = since === null ? 0 : timePlace(since);
    const before = until === null ? Number.MAX_SAFE_INTEGER : timePlace(until);
    if (after === null) return [from, before];
    const last = this.#find(after)?.place ?? placeOf(after.receivedAt, after.requestId);
    return [from, Math.min(before, last)];
  }

  #find({ requestId, receivedAt }: Indexed) {
    const first = placeOf(receivedAt, requestId);
    const rows = this.#sql.exec<{ place: number; version: string | null; revision: number }>(
      `SELECT place, version, revision FROM transcripts
       WHERE place >= ?1 AND place < ?2 AND request_id = ?3`,
      first,
      first + MAX_SHARING,
      requestId,
    );
    return rows.toArray()[0];
  }

  #freePlace({ requestId, receivedAt }: Indexed): number {
    let place = placeOf(receivedAt, requestId);
    const end = place + MAX_SHARING;
    const taken = "SELECT 1 FROM transcripts WHERE place = ?1";
    while (this.#sql.exec(taken, place).toArray().length > 0) {
      if (++place === end) throw new Error("too many transcripts of one millisecond");
    }
    return place;
  }

  #removeRows(place: number, from: number): void {
    this.#sql.exec(
      `DELETE FROM words WHERE rowid >= CAST(?1 AS INTEGER) * 256 + CAST(?2 AS INTEGER)
       AND rowid < (CAST(?1 AS INTEGER) + 1) * 256`,
      place,
      from,
    );
  }
}

const toIndexed = ({ request_id, received_at }: Row): Indexed => ({
  requestId: request_id,
  receivedAt: received_at,
});
