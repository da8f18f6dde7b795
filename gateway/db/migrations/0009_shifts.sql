-- Who is on shift when, and what one shift hands to the next.

CREATE TABLE shift (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  group_id int NOT NULL REFERENCES staff_group,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  people int[] NOT NULL
);
CREATE UNIQUE INDEX shift_start ON shift (group_id, starts_at);
CREATE INDEX shift_end ON shift (ends_at);

CREATE TABLE handover (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shift_id bigint NOT NULL UNIQUE REFERENCES shift,
  made_at timestamptz NOT NULL,
  accepted_at timestamptz,
  accepted_by text
);
COMMENT ON TABLE handover IS 'The list made half an hour before a shift ends, until the next one accepts it';
CREATE INDEX handover_pending ON handover (id) WHERE accepted_at IS NULL;

CREATE TABLE handover_item (
  handover_id bigint NOT NULL REFERENCES handover,
  incident_id bigint NOT NULL,
  PRIMARY KEY (handover_id, incident_id)
);
