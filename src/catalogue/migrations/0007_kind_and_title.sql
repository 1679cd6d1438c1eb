ALTER TABLE transcripts ADD COLUMN kind TEXT;

ALTER TABLE transcripts ADD COLUMN title TEXT;

UPDATE transcripts SET kind = 'transcript' WHERE state = 'received';
