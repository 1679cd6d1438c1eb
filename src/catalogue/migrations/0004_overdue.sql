ALTER TABLE transcripts ADD COLUMN overdue_at TEXT;

UPDATE transcripts SET overdue_at = deadline_at WHERE state = 'overdue';

CREATE INDEX transcripts_overdue ON transcripts (overdue_at) WHERE state = 'overdue';
