-- outside a transaction
-- Intake looks at the active silences of the integrations in a batch, those first that end last, and at no more than a
-- bounded number of each.
CREATE INDEX CONCURRENTLY IF NOT EXISTS silence_of_integration ON silence (integration_id, ends_at DESC, id);
