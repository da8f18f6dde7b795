-- What reporters claim of the urgency of their reports, who recorded a report, and the kinds of requests.

ALTER TABLE incident ADD COLUMN claimed_impact text NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN claimed_urgency text NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN recorded_by text NOT NULL DEFAULT '';
COMMENT ON COLUMN incident.claimed_impact IS 'The impact that its reporter named, where the record was given a milder grade; else empty';
COMMENT ON COLUMN incident.recorded_by IS 'Who made the record with a key of theirs; in records of earlier releases the owner says so';

ALTER TABLE incident DROP CONSTRAINT incident_request_category_check;
ALTER TABLE incident ADD CONSTRAINT incident_request_category_check CHECK (request_category IN
  ('', 'information', 'hardware_software', 'access', 'standard_change', 'advice')) NOT VALID;
ALTER TABLE incident VALIDATE CONSTRAINT incident_request_category_check;

CREATE INDEX incident_recorded_by ON incident (lower(recorded_by)) WHERE recorded_by <> '';

CREATE OR REPLACE VIEW major_report_standing AS
SELECT i.id AS incident_id, i.assignee_group, i.tier,
  CASE WHEN r.incident_id IS NULL OR (r.approved_at IS NOT NULL AND r.reopened < i.reopened) THEN 'due'
       WHEN r.approved_at IS NULL THEN 'written' ELSE 'approved' END AS status
FROM incident i LEFT JOIN major_report r ON r.incident_id = i.id
WHERE (i.major OR i.priority <= 2) AND i.kind = 'incident' AND i.state IN ('resolved', 'closed')
  AND (i.major OR r.incident_id IS NOT NULL OR i.responded_at IS NOT NULL OR i.resolution IS DISTINCT FROM 'vanished');
COMMENT ON VIEW major_report_standing IS
  'Every major incident that is over, and how its report stands; none of one that cleared before anybody accepted it, unless declared';
