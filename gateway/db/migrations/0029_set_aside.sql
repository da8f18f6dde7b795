-- Mail that a program wrote: kept for people to look at, instead of known to its receipt alone.

CREATE TABLE set_aside (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  receipt_id uuid NOT NULL,
  integration_id int NOT NULL REFERENCES integration (id),
  source text NOT NULL,
  received_at timestamptz NOT NULL,
  reason text NOT NULL,
  sender text NOT NULL,
  subject text NOT NULL,
  text text NOT NULL,
  answers_id bigint,
  content_type text NOT NULL,
  recipients text[] NOT NULL,
  body bytea NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'opened')),
  opened_at timestamptz,
  opened_by text NOT NULL DEFAULT '',
  incident_id bigint,
  CHECK ((state = 'opened') = (incident_id IS NOT NULL))
);
COMMENT ON TABLE set_aside IS 'Bounces and automatic replies, told by their headers: nobody is bothered with them, and nothing of them is lost';
COMMENT ON COLUMN set_aside.reason IS 'bounce, auto_reply, or likely_auto_reply for one told by its words that answers another mail';
COMMENT ON COLUMN set_aside.answers_id IS 'The record that it answers: who may not see that does not see this either';
COMMENT ON COLUMN set_aside.incident_id IS 'The record that it became';
CREATE INDEX set_aside_state ON set_aside (state, id);
CREATE INDEX set_aside_answers ON set_aside (answers_id) WHERE answers_id IS NOT NULL;
CREATE INDEX set_aside_received ON set_aside (received_at);
ALTER TABLE set_aside ALTER COLUMN body SET STORAGE EXTERNAL;
