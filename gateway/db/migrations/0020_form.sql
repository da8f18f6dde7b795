-- Reports by page and app: how fast they may come, and which of an app's reporters made which record.

CREATE TABLE form_bucket (
  subject bytea PRIMARY KEY,
  tokens float8 NOT NULL,
  filled_at timestamptz NOT NULL
);
COMMENT ON TABLE form_bucket IS 'Token buckets by the hash of an address or a service; one that is full has no row, or an old one';

CREATE TABLE app_report (
  integration_id int NOT NULL,
  reporter_hash bytea NOT NULL,
  incident_id bigint NOT NULL,
  PRIMARY KEY (integration_id, reporter_hash, incident_id)
);
COMMENT ON COLUMN app_report.reporter_hash IS 'SHA-256 of the name by which the app knows the reporter';
