-- Lists, counts and deadlines. All of it is derived from R2: `npm run rebuild-catalogue` makes it anew.

CREATE TABLE transcripts (
  number INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  kind TEXT,
  at TEXT NOT NULL,
  expected_at TEXT,
  deadline_at TEXT,
  overdue_at TEXT,
  received_at TEXT,
  bytes INTEGER,
  sha256 TEXT,
  revision INTEGER NOT NULL DEFAULT 0,
  duration REAL,
  channels INTEGER,
  models TEXT NOT NULL DEFAULT '[]',
  languages TEXT NOT NULL DEFAULT '[]',
  title TEXT,
  tags TEXT NOT NULL DEFAULT '[]',
  error TEXT,
  preview TEXT,
  speakers INTEGER,
  follow_ups TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX transcripts_overdue ON transcripts (overdue_at) WHERE state = 'overdue';

-- Each request under the tag '', and under each of its tags, with the state and the time of its row in
-- transcripts. Without another index, as each row written is billed: lists of all states merge those of each.
CREATE TABLE listed (
  tag TEXT NOT NULL,
  state TEXT NOT NULL,
  at TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (tag, state, at, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE counts (
  state TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER count_listed AFTER INSERT ON listed WHEN new.tag = '' BEGIN INSERT INTO counts (state, count) VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET count = count + 1; END;

CREATE TRIGGER count_unlisted AFTER DELETE ON listed WHEN old.tag = '' BEGIN UPDATE counts SET count = count - 1 WHERE state = old.state; END;

CREATE TABLE deletions (
  request_id TEXT NOT NULL PRIMARY KEY,
  deleted_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deletions_by_time ON deletions (deleted_at, request_id);

-- Months whose words are in an index, such as 2026-11.
CREATE TABLE months (
  month TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
  name TEXT NOT NULL PRIMARY KEY,
  value REAL NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
