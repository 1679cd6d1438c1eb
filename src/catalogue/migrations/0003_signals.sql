CREATE TABLE signals (
  name TEXT NOT NULL PRIMARY KEY,
  value REAL NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
