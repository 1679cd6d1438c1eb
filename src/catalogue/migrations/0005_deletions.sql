CREATE INDEX deletions_by_time ON deletions (deleted_at, request_id);

DELETE FROM deletions WHERE substr(request_id, 15, 1) = '8';
