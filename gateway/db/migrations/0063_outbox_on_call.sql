-- outside a transaction
-- Whose turn it is in a step that calls one person after the other.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_on_call ON outbox (recipient, created_at) WHERE role = 'on_call';
