-- outside a transaction
-- The message log is read from the newest message back.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_created ON outbox (created_at, id);
