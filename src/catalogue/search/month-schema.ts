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
    keys, tags, content = '', contentless_delete = 1, tokenize = 'ascii'
  );`;

/** The first place of a time, in ISO 8601. */
export const timePlace = (at: string): number =>
  Math.max(0, (Date.parse(at) - EPOCH_MS) * ID_VALUES);

/** Where a transcript is, unless others of the same millisecond are there. */
export const placeOf = (receivedAt: string, requestId: string): number =>
  timePlace(receivedAt) + Number.parseInt(requestId.slice(0, 3), 16);
