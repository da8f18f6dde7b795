-- outside a transaction
-- What waits of one source is listed, and what waits of each is counted, in order of arrival.
CREATE INDEX CONCURRENTLY IF NOT EXISTS quarantine_of_source ON quarantine (source, id) INCLUDE (received_at) WHERE state = 'pending';
