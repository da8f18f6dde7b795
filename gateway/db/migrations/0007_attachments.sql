-- Files kept with records.

CREATE TABLE attachment (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id bigint NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  size bigint NOT NULL,
  sha256 bytea NOT NULL,
  public boolean NOT NULL,
  attached_at timestamptz NOT NULL,
  attached_by text NOT NULL,
  removed_at timestamptz,
  removed_by text,
  content bytea,
  CHECK ((content IS NULL) = (removed_at IS NOT NULL))
);
COMMENT ON TABLE attachment IS 'What is removed loses its content and keeps its row';
ALTER TABLE attachment ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX attachment_incident ON attachment (incident_id, id);
