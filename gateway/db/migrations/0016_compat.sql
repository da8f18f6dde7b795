-- What the interfaces of other products need to be remembered: heartbeats as Opsgenie has them, silences as Alertmanager has them.

CREATE TABLE heartbeat (
  integration_id int NOT NULL REFERENCES integration (id),
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  every int NOT NULL CHECK (every > 0),
  unit text NOT NULL CHECK (unit IN ('minutes', 'hours', 'days')),
  enabled boolean NOT NULL,
  owner_team text NOT NULL DEFAULT '',
  alert_message text NOT NULL DEFAULT '',
  alert_priority text NOT NULL DEFAULT 'P3',
  alert_tags text[] NOT NULL DEFAULT '{}',
  pinged_at timestamptz,
  due_at timestamptz,
  expired_at timestamptz,
  PRIMARY KEY (integration_id, name)
);
COMMENT ON COLUMN heartbeat.due_at IS 'When it expires unless pinged; null while it is disabled or expired';
COMMENT ON COLUMN heartbeat.expired_at IS 'Since when its alert fires; set until the end of the alert is committed';
CREATE INDEX heartbeat_due ON heartbeat (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE silence (
  id uuid PRIMARY KEY,
  integration_id int REFERENCES integration (id),
  matchers json NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at >= starts_at),
  created_by text NOT NULL,
  comment text NOT NULL,
  updated_at timestamptz NOT NULL
);
COMMENT ON TABLE silence IS 'Keeps alerts whose labels match from opening records until it ends; what still fires then is promoted';
COMMENT ON COLUMN silence.integration_id IS 'Whose alerts; null for those of every integration';
COMMENT ON COLUMN silence.matchers IS 'A list of {"name", "sign", "value", "pattern"}; the pattern is the value as PostgreSQL runs it';
CREATE INDEX silence_ends ON silence (ends_at);

CREATE INDEX alert_opsgenie ON alert (integration_id, first_seen DESC) WHERE namespace = 'opsgenie';
