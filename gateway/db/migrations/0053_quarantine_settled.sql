-- outside a transaction
-- What was replayed or dropped is listed without reading what still waits.
CREATE INDEX CONCURRENTLY IF NOT EXISTS quarantine_settled ON quarantine (id) WHERE state <> 'pending';
