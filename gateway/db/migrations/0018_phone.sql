-- Calls: one row a call, merged from whatever its telephone system tells of it, in any order and however often.

CREATE TABLE call (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_id int NOT NULL REFERENCES integration (id),
  provider text NOT NULL,
  call_id text NOT NULL,
  incident_id bigint,
  opened boolean NOT NULL DEFAULT false,
  direction text CHECK (direction IN ('inbound', 'outbound')),
  caller text NOT NULL DEFAULT '',
  caller_name text NOT NULL DEFAULT '',
  called text NOT NULL DEFAULT '',
  status text CHECK (status IN ('ringing', 'queued', 'connected', 'answered', 'abandoned', 'busy', 'canceled', 'completed', 'failed',
    'no_answer')),
  status_at timestamptz,
  served boolean NOT NULL DEFAULT false,
  started_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  recordings text[] NOT NULL DEFAULT '{}',
  transcripts text[] NOT NULL DEFAULT '{}',
  told_at timestamptz,
  heard_at timestamptz NOT NULL,
  UNIQUE (integration_id, provider, call_id)
);
COMMENT ON TABLE call IS 'Telephone calls, each merged from all that was told of it';
COMMENT ON COLUMN call.call_id IS 'The name of the call at its telephone system';
COMMENT ON COLUMN call.incident_id IS 'The record that the call opened or belongs to; null as long as it is no report';
COMMENT ON COLUMN call.opened IS 'Whether the call opened that record';
COMMENT ON COLUMN call.caller IS 'E.164, or as the telephone system said it';
COMMENT ON COLUMN call.served IS 'The caller got what they called for without a person';
COMMENT ON COLUMN call.recordings IS 'Addresses of recordings, never fetched';
COMMENT ON COLUMN call.told_at IS 'The latest time that the telephone system stamped on what it told';
COMMENT ON COLUMN call.heard_at IS 'When something was last heard of it';
CREATE INDEX call_incident ON call (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX call_heard ON call (heard_at);
CREATE INDEX call_open ON call (heard_at) WHERE incident_id IS NULL AND ended_at IS NULL AND direction = 'inbound';
