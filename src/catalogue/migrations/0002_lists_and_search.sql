ALTER TABLE transcripts RENAME TO earlier;

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
  indexed TEXT
) STRICT;

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

CREATE VIRTUAL TABLE search USING fts5 (
  keys,
  tags,
  text UNINDEXED,
  channel UNINDEXED,
  speaker UNINDEXED,
  times UNINDEXED,
  tokenize = 'ascii'
);

INSERT INTO transcripts
  (request_id, state, at, received_at, bytes, sha256, duration, channels, models, languages, tags, error)
SELECT
  request_id, state, received_at, received_at, bytes, sha256, duration, channels, models, languages, tags, error
FROM earlier;

INSERT INTO listed (number, tag, state, at)
SELECT number, '', state, at FROM transcripts
UNION
SELECT transcripts.number, tag.value, state, at FROM transcripts JOIN json_each(tags) AS tag;

DROP TABLE earlier;
