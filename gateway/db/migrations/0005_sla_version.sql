-- Under which version of each SLA policy open records were last dated.

CREATE TABLE sla_version (
  policy text PRIMARY KEY,
  version text NOT NULL,
  applied_at timestamptz NOT NULL
);
COMMENT ON TABLE sla_version IS 'A policy whose version differs from what a starting replica is configured with has its open records dated anew';
