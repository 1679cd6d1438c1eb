-- What lists and search know. All of it is derived from R2: `npm run rebuild-catalogue` makes it anew.

CREATE TABLE transcripts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  at TEXT NOT NULL,
  expected_at TEXT,
  deadline_at TEXT,
  received_at TEXT,
  bytes INTEGER,
  sha256 TEXT,
  duration REAL,
  channels INTEGER,
  models TEXT NOT NULL DEFAULT '[]',
  languages TEXT NOT NULL DEFAULT '[]',
  tags TEXT NOT NULL DEFAULT '[]',
  error TEXT,
  indexed TEXT,
  overdue_at TEXT,
  revision INTEGER NOT NULL DEFAULT 0,
  kind TEXT,
  title TEXT
) STRICT;

CREATE INDEX transcripts_overdue ON transcripts (overdue_at) WHERE state = 'overdue';

CREATE TABLE listed (
  number INTEGER NOT NULL,
  tag TEXT NOT NULL,
  state TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (number, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX listed_by_time ON listed (tag, at, number);

CREATE INDEX listed_by_state ON listed (tag, state, at, number);

CREATE TABLE deletions (
  request_id TEXT NOT NULL PRIMARY KEY,
  deleted_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deletions_by_time ON deletions (deleted_at, request_id);

CREATE VIRTUAL TABLE search USING fts5 (
  keys,
  tags,
  text UNINDEXED,
  channel UNINDEXED,
  speaker UNINDEXED,
  times UNINDEXED,
  tokenize = 'ascii'
);

-- Words of a deleted transcript leave the pages of the database.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

CREATE TABLE signals (
  name TEXT NOT NULL PRIMARY KEY,
  value REAL NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
