-- outside a transaction
-- Messages are claimed by urgency; without this, each claim of a long queue sorts all that is due.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_due ON outbox (urgency, next_attempt_at) WHERE state = 'pending';
