-- Mails that became a record or an entry in one, so that replies find it and what comes again is known.

CREATE TABLE mail (
  id_hash bytea NOT NULL,
  integration_id int NOT NULL,
  content_hash bytea NOT NULL,
  incident_id bigint NOT NULL,
  people text[] NOT NULL,
  acknowledged text,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (id_hash, integration_id, content_hash)
);
COMMENT ON COLUMN mail.id_hash IS 'SHA-256 of what the mail is known by: its Message-ID, else what it says';
COMMENT ON COLUMN mail.people IS 'Who wrote it and who got it: whose replies belong to the record';
COMMENT ON COLUMN mail.acknowledged IS 'The address an automatic acknowledgement is owed to, null where there is none';
CREATE INDEX mail_incident ON mail (incident_id);
CREATE INDEX mail_acknowledged ON mail (acknowledged, received_at) WHERE acknowledged IS NOT NULL;
CREATE INDEX mail_received ON mail (received_at);
