-- The rest of the record: fields that a configuration adds, and what PROCESS asks for that had no place yet.

ALTER TABLE incident
  ADD COLUMN fields jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN symptom text NOT NULL DEFAULT '',
  ADD COLUMN scope text NOT NULL DEFAULT '',
  ADD COLUMN language text NOT NULL DEFAULT '',
  ADD COLUMN satisfaction_text text NOT NULL DEFAULT '',
  ADD COLUMN called_back_at timestamptz,
  ADD COLUMN called_back_by text NOT NULL DEFAULT '';
COMMENT ON COLUMN incident.fields IS 'Values of the fields of the configuration ([[fields]]) by name; what is empty is not there';
COMMENT ON COLUMN incident.language IS 'The language its reporter is spoken to in (BCP 47)';

-- Files: whole in their row as before, in parts, or kept elsewhere under a handle.
ALTER TABLE attachment
  ADD COLUMN place text NOT NULL DEFAULT 'row' CHECK (place IN ('row', 'parts', 'disk', 's3')),
  ADD COLUMN handle text NOT NULL DEFAULT '',
  ADD COLUMN link_hash bytea,
  DROP CONSTRAINT attachment_check,
  ADD CHECK (place = 'row' OR content IS NULL),
  ADD CHECK (place <> 'row' OR (content IS NULL) = (removed_at IS NOT NULL));
COMMENT ON COLUMN attachment.handle IS 'What it is called where it is kept; empty in the database';
COMMENT ON COLUMN attachment.link_hash IS 'SHA-256 of the reporter''s link it came by';
CREATE UNIQUE INDEX attachment_handle ON attachment (handle) WHERE handle <> '';

CREATE TABLE attachment_part (
  attachment_id bigint NOT NULL REFERENCES attachment (id),
  part int NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (attachment_id, part)
);
COMMENT ON TABLE attachment_part IS 'A file piece by piece, so that nobody ever has to hold all of it in memory';
ALTER TABLE attachment_part ALTER COLUMN content SET STORAGE EXTERNAL;

-- What the records of each service of the catalogue were last dated by.
CREATE TABLE service_promise (
  service text PRIMARY KEY,
  policy text NOT NULL,
  version text NOT NULL,
  applied_at timestamptz NOT NULL
);
COMMENT ON COLUMN service_promise.policy IS 'The policy the service named then, empty for none: records that had it follow when it changes';
