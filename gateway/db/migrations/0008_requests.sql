-- Service requests in the store of incidents, and records that follow a closed one.

ALTER TABLE incident
  ADD COLUMN request_category text NOT NULL DEFAULT ''
    CHECK (request_category IN ('', 'information', 'advice', 'standard_change', 'access')),
  ADD COLUMN follows_id bigint;
COMMENT ON COLUMN incident.follows_id IS 'The closed record that this one goes on from: a closed record is never reopened';
