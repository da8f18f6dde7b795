-- Who hears news of a record, reports on major incidents in versions, and messages about hand-overs.

CREATE TABLE subscription (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id bigint NOT NULL,
  target text NOT NULL,
  subscribed_at timestamptz NOT NULL,
  subscribed_by text NOT NULL,
  UNIQUE (incident_id, target)
);
COMMENT ON COLUMN subscription.target IS 'person:LOGIN, smtp:ADDRESS or webhook:URL';

ALTER TABLE major_report ADD COLUMN version int NOT NULL DEFAULT 1, ADD COLUMN reopened int NOT NULL DEFAULT 0;
COMMENT ON COLUMN major_report.reopened IS 'How often the record had been reopened when this was written: reopened again, an approved report is out of date';
UPDATE major_report r SET reopened = i.reopened FROM incident i WHERE i.id = r.incident_id;

CREATE TABLE major_report_past (
  incident_id bigint NOT NULL,
  version int NOT NULL,
  text text NOT NULL,
  written_at timestamptz NOT NULL,
  written_by text NOT NULL,
  approved_at timestamptz NOT NULL,
  approved_by text NOT NULL,
  PRIMARY KEY (incident_id, version)
);
COMMENT ON TABLE major_report_past IS 'Approved reports whose records were reopened afterwards';

CREATE INDEX incident_reported ON incident (id)
  WHERE (major OR priority <= 2) AND kind = 'incident' AND state IN ('resolved', 'closed');

ALTER TABLE outbox ALTER COLUMN incident_id DROP NOT NULL;
COMMENT ON COLUMN outbox.incident_id IS 'Null for what is about no record, such as a hand-over';

ALTER TABLE handover ADD COLUMN reminded_at timestamptz;
COMMENT ON COLUMN handover.reminded_at IS 'When it was told that nobody accepted the list in time';

CREATE VIEW major_report_standing AS
SELECT i.id AS incident_id, i.assignee_group, i.tier,
  CASE WHEN r.incident_id IS NULL OR (r.approved_at IS NOT NULL AND r.reopened < i.reopened) THEN 'due'
       WHEN r.approved_at IS NULL THEN 'written' ELSE 'approved' END AS status
FROM incident i LEFT JOIN major_report r ON r.incident_id = i.id
WHERE (i.major OR i.priority <= 2) AND i.kind = 'incident' AND i.state IN ('resolved', 'closed');
COMMENT ON VIEW major_report_standing IS 'Every major incident that is over, and how its report stands';

ALTER TABLE outbox ADD COLUMN noted boolean NOT NULL DEFAULT true;
ALTER TABLE outbox ALTER COLUMN noted SET DEFAULT false;
COMMENT ON COLUMN outbox.noted IS 'Whether the record''s timeline says that this message never arrived; only asked of dead ones';
CREATE INDEX outbox_undelivered ON outbox (settled_at) WHERE state = 'dead' AND NOT noted AND incident_id IS NOT NULL;
