DROP TABLE search;

ALTER TABLE transcripts DROP COLUMN indexed;

ALTER TABLE transcripts ADD COLUMN preview TEXT;

ALTER TABLE transcripts ADD COLUMN speakers INTEGER;

CREATE TABLE months (
  month TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE counts (
  state TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER count_listed AFTER INSERT ON listed WHEN new.tag = '' BEGIN
  INSERT INTO counts (state, count) VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET count = count + 1; END;

CREATE TRIGGER count_unlisted AFTER DELETE ON listed WHEN old.tag = '' BEGIN
  UPDATE counts SET count = count - 1 WHERE state = old.state; END;

INSERT INTO counts (state, count) SELECT state, count(*) FROM listed WHERE tag = '' GROUP BY state;
