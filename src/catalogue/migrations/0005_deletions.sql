CREATE INDEX deletions_by_time ON deletions (deleted_at, request_id);
