-- Dead-man monitors: what must ping in time, or else is an alert.

CREATE TABLE monitor (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_id int NOT NULL REFERENCES integration (id),
  slug text NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  period_seconds int CHECK (period_seconds > 0),
  schedule text NOT NULL DEFAULT '',
  zone text NOT NULL DEFAULT 'UTC',
  grace_seconds int NOT NULL CHECK (grace_seconds > 0),
  severity text NOT NULL DEFAULT '',
  service text NOT NULL DEFAULT '',
  ci text NOT NULL DEFAULT '',
  enabled boolean NOT NULL DEFAULT true,
  pinged_at timestamptz,
  started_at timestamptz,
  down_since timestamptz,
  exit_status int,
  note text NOT NULL DEFAULT '',
  expected_at timestamptz,
  due_at timestamptz,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (integration_id, slug),
  CHECK ((period_seconds IS NULL) = (schedule <> '')),
  CHECK (enabled = (due_at IS NOT NULL))
);
COMMENT ON COLUMN monitor.schedule IS 'Five fields of cron on the wall clock of zone; instead of a period';
COMMENT ON COLUMN monitor.down_since IS 'Since when it is overdue or failed; null while it is well';
COMMENT ON COLUMN monitor.note IS 'The beginning of what the last ping brought';
COMMENT ON COLUMN monitor.due_at IS 'When it is overdue unless pinged: armed as long as it is enabled, also while it is down';
CREATE INDEX monitor_due ON monitor (due_at) WHERE due_at IS NOT NULL;
