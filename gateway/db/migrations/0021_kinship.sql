-- One master for one trouble: what people call services and items, open masters by what they are about, and links undone.

ALTER TABLE service ADD COLUMN aliases text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN service.aliases IS 'What else people call it when they report';
ALTER TABLE ci ADD COLUMN aliases text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN ci.aliases IS 'What else people call it when they report';

CREATE INDEX incident_master_service ON incident (service, id)
  WHERE master_id IS NULL AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated');
CREATE INDEX incident_master_ci ON incident (ci, id)
  WHERE ci <> '' AND master_id IS NULL AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated');

CREATE TABLE unlearned (
  master_id bigint NOT NULL,
  mark bytea NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  PRIMARY KEY (master_id, mark)
);
COMMENT ON TABLE unlearned IS 'Links to a master that people undid: hashes of the record, of its words, of its sender and of its alert';
