CREATE TABLE transcripts (
  request_id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  received_at TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  duration REAL,
  channels INTEGER,
  models TEXT NOT NULL,
  languages TEXT NOT NULL,
  tags TEXT NOT NULL,
  error TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX transcripts_by_time ON transcripts (received_at DESC, request_id DESC);
