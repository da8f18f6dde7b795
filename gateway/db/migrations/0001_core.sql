-- Intake: who may send, what was received, what became of it.

CREATE TABLE integration (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE integration IS 'One sender: the namespace of its delivery ids, dedup keys and storms';

CREATE TABLE api_key (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  prefix text NOT NULL UNIQUE,
  secret_hash bytea NOT NULL,
  name text NOT NULL,
  scopes text[] NOT NULL,
  integration_id int REFERENCES integration,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
COMMENT ON COLUMN api_key.secret_hash IS 'SHA-256 of the whole key; the key itself is shown once and never stored';

CREATE TABLE delivery (
  key_hash bytea PRIMARY KEY,
  body_hash bytea NOT NULL,
  receipt_id uuid NOT NULL,
  received_at timestamptz NOT NULL
);
COMMENT ON TABLE delivery IS 'Idempotency memory, outlives the longest retrier (76 h); not partitioned because the key must stay unique across days';
CREATE INDEX delivery_age ON delivery USING brin (received_at);

CREATE TABLE receipt (
  id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  integration_id int NOT NULL,
  source text NOT NULL,
  delivery_id text,
  items int NOT NULL,
  lost int NOT NULL DEFAULT 0,
  flag text,
  body_bytes int NOT NULL,
  body bytea,
  PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
COMMENT ON COLUMN receipt.lost IS 'Alerts the sender itself says it left out (truncatedAlerts)';
COMMENT ON COLUMN receipt.body IS 'Null once bodies are thinned out in a storm of repeats; the items stay exact';
COMMENT ON COLUMN receipt.flag IS 'Something odd about the delivery: id_reused_with_other_body, replay';
ALTER TABLE receipt ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE receipt_default PARTITION OF receipt DEFAULT;

CREATE TABLE alert_event (
  receipt_id uuid NOT NULL,
  item int NOT NULL,
  received_at timestamptz NOT NULL,
  key_hash bytea,
  dedup_key text NOT NULL,
  status text NOT NULL,
  event_time timestamptz,
  outcome text NOT NULL,
  reason text NOT NULL,
  incident_id bigint,
  PRIMARY KEY (receipt_id, item, received_at)
) PARTITION BY RANGE (received_at);
COMMENT ON TABLE alert_event IS 'One received item and the one outcome it ended in';
CREATE TABLE alert_event_default PARTITION OF alert_event DEFAULT;

CREATE TABLE quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  receipt_id uuid NOT NULL,
  item int NOT NULL,
  integration_id int NOT NULL,
  source text NOT NULL,
  received_at timestamptz NOT NULL,
  headers json NOT NULL,
  body bytea NOT NULL,
  problem text NOT NULL,
  pointer text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'replayed', 'dropped')),
  replayed_receipt_id uuid
);
COMMENT ON TABLE quarantine IS 'Bodies (item -1) and single items that could not be understood, kept until replayed or dropped';
CREATE INDEX quarantine_pending ON quarantine (id) WHERE state = 'pending';

-- Incidents.

CREATE SEQUENCE incident_id_seq;

CREATE TABLE incident_number (
  day date PRIMARY KEY,
  last bigint NOT NULL
);
COMMENT ON TABLE incident_number IS 'The last number given out each day; reserved in a transaction of its own, so gaps happen and duplicates do not';

CREATE TABLE incident (
  id bigint PRIMARY KEY,
  number text NOT NULL UNIQUE,
  kind text NOT NULL DEFAULT 'incident',
  state text NOT NULL DEFAULT 'logged'
    CHECK (state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated', 'resolved', 'closed', 'rejected')),
  priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
  impact text NOT NULL,
  urgency text NOT NULL,
  title text NOT NULL,
  description text NOT NULL DEFAULT '',
  severity text NOT NULL DEFAULT '',
  source text NOT NULL,
  service text NOT NULL DEFAULT '',
  ci text NOT NULL DEFAULT '',
  integration_id int,
  key_hash bytea,
  dedup_key text,
  category text NOT NULL DEFAULT '',
  contact_name text NOT NULL DEFAULT '',
  contact text NOT NULL DEFAULT '',
  location text NOT NULL DEFAULT '',
  reporting_unit text NOT NULL DEFAULT '',
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  responded_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  updated_at timestamptz NOT NULL,
  resolution text,
  resolution_category text NOT NULL DEFAULT '',
  solution text NOT NULL DEFAULT '',
  closure text,
  satisfaction smallint,
  owner text NOT NULL DEFAULT '',
  assignee_group text NOT NULL DEFAULT '',
  assignee text NOT NULL DEFAULT '',
  handler text NOT NULL DEFAULT '',
  tier text NOT NULL DEFAULT '1' CHECK (tier IN ('1', '2', '3', 'vendor')),
  third_party text NOT NULL DEFAULT '',
  hold_reason text,
  hold_until timestamptz,
  held_state text,
  master_id bigint,
  link_reason text,
  link_score real,
  major boolean NOT NULL DEFAULT false,
  security boolean NOT NULL DEFAULT false,
  suppressed boolean NOT NULL DEFAULT false,
  storm boolean NOT NULL DEFAULT false,
  reopened int NOT NULL DEFAULT 0,
  returned int NOT NULL DEFAULT 0,
  occurrences bigint NOT NULL DEFAULT 0,
  last_seen timestamptz,
  labels json NOT NULL DEFAULT '{}',
  links json NOT NULL DEFAULT '[]',
  refs json NOT NULL DEFAULT '{}',
  policy text NOT NULL,
  ledger json NOT NULL,
  marks json NOT NULL DEFAULT '[]',
  next_due_at timestamptz,
  breached boolean NOT NULL DEFAULT false,
  version int NOT NULL,
  timeline_hash bytea NOT NULL
) WITH (fillfactor = 85);
COMMENT ON COLUMN incident.key_hash IS 'The dedup key this record answers for; null for records made by people';
COMMENT ON COLUMN incident.ledger IS 'What happened to the clocks, in order: the pure functions of sla/ read every clock from it';
COMMENT ON COLUMN incident.marks IS 'Thresholds already told, such as "desk@50" or "overall@breach"';
COMMENT ON COLUMN incident.version IS 'Number of timeline entries; the ETag, and the seq of the newest entry';
COMMENT ON COLUMN incident.timeline_hash IS 'Head of the hash chain of the timeline';
COMMENT ON COLUMN incident.occurrences IS 'Firings of keys that have since moved to a newer record; those of its present keys are counted on the alert rows';
COMMENT ON COLUMN incident.held_state IS 'The state to go back to when the hold ends';
CREATE UNIQUE INDEX incident_one_live_per_key ON incident (key_hash)
  WHERE key_hash IS NOT NULL AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated');
CREATE INDEX incident_live ON incident (priority, id)
  WHERE state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated');
CREATE INDEX incident_master ON incident (master_id) WHERE master_id IS NOT NULL;

CREATE TABLE alert (
  key_hash bytea PRIMARY KEY,
  integration_id int NOT NULL,
  namespace text NOT NULL,
  dedup_key text NOT NULL,
  incident_id bigint,
  status text NOT NULL DEFAULT '',
  occurrence text NOT NULL DEFAULT '',
  fired_at timestamptz,
  cleared_at timestamptz,
  first_seen timestamptz,
  last_seen timestamptz,
  ends_at timestamptz,
  occurrences bigint NOT NULL DEFAULT 0,
  flaps int NOT NULL DEFAULT 0,
  flapping_since timestamptz,
  title text NOT NULL DEFAULT '',
  severity text NOT NULL DEFAULT '',
  labels json NOT NULL DEFAULT '{}',
  annotations json NOT NULL DEFAULT '{}',
  generator_url text NOT NULL DEFAULT ''
) WITH (fillfactor = 80);
COMMENT ON TABLE alert IS 'What is known of one dedup key: the row every alert of that key locks first';
COMMENT ON COLUMN alert.key_hash IS 'First 16 bytes of SHA-256 over version, integration, namespace and dedup key';
COMMENT ON COLUMN alert.fired_at IS 'Newest firing by the source''s own clock; null when it never stamped one';
COMMENT ON COLUMN alert.cleared_at IS 'Newest recovery by the source''s own clock';
COMMENT ON COLUMN alert.occurrences IS 'Firings counted since the present incident took the key';
CREATE INDEX alert_incident ON alert (incident_id) WHERE incident_id IS NOT NULL;

CREATE TABLE relation_group (
  group_hash bytea PRIMARY KEY,
  incident_id bigint,
  opened_at timestamptz
);
COMMENT ON TABLE relation_group IS 'The master of each group of a relate rule; its row is the lock that makes one master';

CREATE TABLE unlinked (
  key_hash bytea NOT NULL,
  group_hash bytea NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  PRIMARY KEY (key_hash, group_hash)
);
COMMENT ON TABLE unlinked IS 'Links people undid: this key is not related through this group again';

CREATE TABLE timeline (
  incident_id bigint NOT NULL,
  seq int NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  event text NOT NULL,
  facts json NOT NULL,
  hash bytea NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (incident_id, seq)
);
COMMENT ON TABLE timeline IS 'Append-only; each hash covers the entry and the hash before it';
COMMENT ON COLUMN timeline.xid IS 'The transaction that wrote it: the change feed shows only what no running transaction can still precede';
CREATE INDEX timeline_feed ON timeline (xid, incident_id, seq);

CREATE TABLE audit_seal (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  upto xid8 NOT NULL,
  entries bigint NOT NULL,
  hash bytea NOT NULL
);
COMMENT ON TABLE audit_seal IS 'Chained digests over all timelines, each also exported outside the database, so that a cut-off tail shows';

-- Clocks and timers.

CREATE TABLE timer (
  incident_id bigint NOT NULL,
  kind smallint NOT NULL,
  shard smallint NOT NULL,
  gen int NOT NULL DEFAULT 1,
  armed boolean NOT NULL,
  due_at timestamptz,
  fired_at timestamptz,
  fired_gen int,
  fired_epoch bigint,
  PRIMARY KEY (incident_id, kind),
  CHECK (NOT armed OR due_at IS NOT NULL)
) WITH (fillfactor = 80);
COMMENT ON TABLE timer IS 'At most one timer per incident and kind; re-arming bumps gen, which makes what an older arming left behind inert';
CREATE INDEX timer_due ON timer (shard, due_at) WHERE armed;

CREATE TABLE shard_lease (
  shard smallint PRIMARY KEY,
  owner uuid,
  epoch bigint NOT NULL DEFAULT 0,
  expires_at timestamptz
);
INSERT INTO shard_lease (shard) SELECT generate_series(0, 63);

CREATE TABLE replica (
  id uuid PRIMARY KEY,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL
);

-- Telling people.

CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  incident_id bigint NOT NULL,
  channel text NOT NULL,
  recipient text NOT NULL,
  role text NOT NULL DEFAULT '',
  template text NOT NULL,
  facts json NOT NULL,
  created_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'dead')),
  attempts int NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  settled_at timestamptz,
  last_error text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN outbox.id IS 'uuid5 of incident, cause and target: the idempotency id on every attempt, and what makes a second firing harmless';
CREATE INDEX outbox_pending ON outbox (next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_incident ON outbox (incident_id);

-- The API's own memory.

CREATE TABLE idempotency (
  key_hash bytea PRIMARY KEY,
  request_hash bytea NOT NULL,
  status smallint NOT NULL,
  body bytea NOT NULL,
  etag text,
  created_at timestamptz NOT NULL
);
CREATE INDEX idempotency_age ON idempotency USING brin (created_at);
