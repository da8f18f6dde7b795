-- Links to a master that are proposed to people and not made by the gateway itself.

CREATE TABLE proposed_link (
  incident_id bigint NOT NULL,
  master_id bigint NOT NULL CHECK (master_id <> incident_id),
  reason text NOT NULL,
  score real NOT NULL,
  points json NOT NULL,
  proposed_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'refused')),
  decided_at timestamptz,
  decided_by text NOT NULL DEFAULT '',
  PRIMARY KEY (incident_id, master_id)
);
COMMENT ON TABLE proposed_link IS 'Links to a master that the gateway proposes, and what people decided of each';
CREATE INDEX proposed_link_master ON proposed_link (master_id);
