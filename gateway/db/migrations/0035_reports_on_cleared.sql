-- A setting decides whether a major incident that cleared before anybody accepted it owes a report.

CREATE TABLE report_rule (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  on_cleared boolean NOT NULL
);
COMMENT ON TABLE report_rule IS
  'One row: major.report_on_cleared of the configuration in force; each replica writes its own when it starts';

CREATE OR REPLACE VIEW major_report_standing AS
SELECT i.id AS incident_id, i.assignee_group, i.tier,
  CASE WHEN r.incident_id IS NULL OR (r.approved_at IS NOT NULL AND r.reopened < i.reopened) THEN 'due'
       WHEN r.approved_at IS NULL THEN 'written' ELSE 'approved' END AS status
FROM incident i LEFT JOIN major_report r ON r.incident_id = i.id
WHERE (i.major OR i.priority <= 2) AND i.kind = 'incident' AND i.state IN ('resolved', 'closed')
  AND (i.major OR r.incident_id IS NOT NULL OR i.responded_at IS NOT NULL OR i.resolution IS DISTINCT FROM 'vanished'
    OR (SELECT on_cleared FROM report_rule));
COMMENT ON VIEW major_report_standing IS
  'Every major incident that is over, and how its report stands; one that cleared before anybody accepted it, only where it was declared or the rule says so';
