-- outside a transaction
-- quarantine_of_source takes its place; the release before counts more slowly without it, and as rightly.
DROP INDEX CONCURRENTLY IF EXISTS quarantine_waiting;
