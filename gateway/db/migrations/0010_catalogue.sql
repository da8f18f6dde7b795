-- The catalogue: services, what they are promised and who supports them, and the parts they are made of.

CREATE TABLE service (
  slug text PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  owner_group text REFERENCES staff_group (slug),
  desk_group text REFERENCES staff_group (slug),
  tier2_group text REFERENCES staff_group (slug),
  tier3_group text REFERENCES staff_group (slug),
  criticality text NOT NULL DEFAULT 'normal' CHECK (criticality IN ('critical', 'high', 'normal', 'low')),
  support_hours text NOT NULL DEFAULT '',
  policy text NOT NULL DEFAULT '',
  targets json NOT NULL DEFAULT '{}',
  active boolean NOT NULL DEFAULT true,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
COMMENT ON COLUMN service.support_hours IS 'The calendar its incidents are counted in; empty leaves that to the policy';
COMMENT ON COLUMN service.targets IS 'Per priority and clock a length of time as people write it, such as {"1": {"overall": "15m"}}; wins over the policy';

CREATE TABLE ci (
  name text PRIMARY KEY,
  kind text NOT NULL,
  service text REFERENCES service (slug),
  attributes json NOT NULL DEFAULT '{}',
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ci_service ON ci (service) WHERE service IS NOT NULL;

CREATE TABLE ci_dependency (
  ci text NOT NULL REFERENCES ci (name),
  depends_on text NOT NULL REFERENCES ci (name),
  PRIMARY KEY (ci, depends_on),
  CHECK (ci <> depends_on)
);
COMMENT ON TABLE ci_dependency IS 'What fails when depends_on (upstream) fails: ci (downstream). Never a cycle; writers take turns on an advisory lock';
CREATE INDEX ci_dependency_upstream ON ci_dependency (depends_on, ci);

-- How much each person has to do: read every few seconds by every replica.
CREATE INDEX incident_workload ON incident (assignee)
  WHERE assignee <> '' AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated');
