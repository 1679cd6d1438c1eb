DROP TABLE search;

DROP INDEX transcripts_overdue;

ALTER TABLE transcripts RENAME TO earlier;

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
  speakers INTEGER
) STRICT;

INSERT INTO transcripts (number, request_id, state, kind, at, expected_at, deadline_at, overdue_at, received_at,
  bytes, sha256, revision, duration, channels, models, languages, title, tags, error)
SELECT number, request_id, state, kind, at, expected_at, deadline_at, overdue_at, received_at,
  bytes, sha256, revision, duration, channels, models, languages, title, tags, error
FROM earlier;

DROP TABLE earlier;

CREATE INDEX transcripts_overdue ON transcripts (overdue_at) WHERE state = 'overdue';

CREATE TABLE months (
  month TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE counts (
  state TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER count_listed AFTER INSERT ON listed WHEN new.tag = '' BEGIN INSERT INTO counts (state, count) VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET count = count + 1; END;

CREATE TRIGGER count_unlisted AFTER DELETE ON listed WHEN old.tag = '' BEGIN UPDATE counts SET count = count - 1 WHERE state = old.state; END;

INSERT INTO counts (state, count) SELECT state, count(*) FROM listed WHERE tag = '' GROUP BY state;
