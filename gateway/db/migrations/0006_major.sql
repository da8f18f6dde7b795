-- What is written about major incidents once they are over.

CREATE TABLE major_report (
  incident_id bigint PRIMARY KEY,
  text text NOT NULL,
  written_at timestamptz NOT NULL,
  written_by text NOT NULL,
  approved_at timestamptz,
  approved_by text,
  CHECK ((approved_at IS NULL) = (approved_by IS NULL))
);
COMMENT ON TABLE major_report IS 'One report a major incident; the timeline holds the digest of every text it had';
