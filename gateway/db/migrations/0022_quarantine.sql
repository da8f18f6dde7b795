-- Quarantine grown up: who settled what and why, and mappings that mend what a sender sends before its source reads it.

ALTER TABLE quarantine
  ADD COLUMN claimed_until timestamptz,
  ADD COLUMN tried_at timestamptz,
  ADD COLUMN tried_problem text NOT NULL DEFAULT '',
  ADD COLUMN settled_at timestamptz,
  ADD COLUMN settled_by text NOT NULL DEFAULT '',
  ADD COLUMN reason text NOT NULL DEFAULT '';
COMMENT ON COLUMN quarantine.claimed_until IS 'Until when whoever reads it again or drops it has it for themselves';
COMMENT ON COLUMN quarantine.tried_problem IS 'Why it still could not be understood when it was last read again';
COMMENT ON COLUMN quarantine.reason IS 'Why it was dropped';
CREATE INDEX quarantine_waiting ON quarantine (source, received_at) WHERE state = 'pending';

CREATE TABLE body_mapping (
  integration_id int NOT NULL REFERENCES integration (id),
  source text NOT NULL,
  version int NOT NULL CHECK (version > 0),
  steps json NOT NULL,
  note text NOT NULL,
  made_at timestamptz NOT NULL,
  made_by text NOT NULL,
  PRIMARY KEY (integration_id, source, version)
);
COMMENT ON TABLE body_mapping IS 'What is done to the bodies of one integration for one source; the highest version counts, none is ever changed';
