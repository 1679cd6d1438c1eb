// A place is (milliseconds since 2020) * 2^12 + (three digits of the id): numbers of JavaScript hold it
// until 2089. The rowid in `words` is place * 2^8 + the number of the row.
const EPOCH_MS = Date.UTC(2020, 0, 1);
const ID_VALUES = 4_096;

/** The tables of a month's index. */
export const MONTH_SCHEMA = `
  CREATE TABLE transcripts (
    place INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    received_at TEXT NOT NULL,
    version TEXT,
    revision INTEGER NOT NULL,
    rows INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX long ON transcripts (place) WHERE rows > 1;
  CREATE VIRTUAL TABLE words USING fts5 (
    keys, tags, starts, content = '', contentless_delete = 1, tokenize = 'ascii'
  );`;

// Parameters are bound as floating-point numbers.
export const RANGE =
  "CAST(?2 AS INTEGER) * 256 <= words.rowid AND words.rowid < CAST(?3 AS INTEGER) * 256";

/** Rows that are not written whole yet, or are left of an earlier body, are not found. */
const WHOLE = "version IS NOT NULL AND (words.rowid & 255) < rows";

/** The transcripts that meet ?1 from the place ?2 to before ?3, the newest first. */
export const NEWEST = `
  SELECT place, request_id, received_at
  FROM words CROSS JOIN transcripts ON place = words.rowid >> 8
  WHERE words MATCH ?1 AND ${RANGE} AND ${WHOLE}
  ORDER BY words.rowid DESC`;

/** The same, each with its rank: the lower the better. */
export const RANKED = `
  SELECT place, request_id, received_at, bm25(words, 1.0, 0.0, 1.0) AS rank
  FROM words CROSS JOIN transcripts ON place = words.rowid >> 8
  WHERE words MATCH ?1 AND ${RANGE} AND ${WHOLE}
  ORDER BY words.rowid DESC`;

/** Beginnings of so many characters are tokens of their own, longer ones are looked up among the words. */
export const START_LENGTHS = [2, 3];

/**
 * How the tokens of a row begin, each beginning once. FTS5 would put the places of all words that begin with
 * two characters together before it gives the first one: a second for the calls of a month.
 */
export function startsOf(keys: string): string {
  const starts = new Set<string>();
  for (const key of new Set(keys.split(" "))) {
    for (const length of START_LENGTHS) {
      const start = startOf(key, length);
      if (start !== null) starts.add(start);
    }
  }
  return [...starts].join(" ");
}

/** The first so many characters of a token; null of a shorter one. */
function startOf(key: string, length: number): string | null {
  const start = key.slice(0, length);
  // Characters beyond the basic plane have two units.
  if (!/[\ud800-\udfff]/.test(start)) return start.length === length ? start : null;
  const characters = [...key.slice(0, 2 * length)].slice(0, length);
  return characters.length === length ? characters.join("") : null;
}

/** The first place of a time, in ISO 8601. */
export const timePlace = (at: string): number =>
  Math.max(0, (Date.parse(at) - EPOCH_MS) * ID_VALUES);

/** Where a transcript is, unless others of the same millisecond are there. */
export const placeOf = (receivedAt: string, requestId: string): number =>
  timePlace(receivedAt) + Number.parseInt(requestId.slice(0, 3), 16);
