-- On-call schedules with their overrides and swaps, rosters of groups that follow a schedule, and
-- the look-through of handed-over work. Only additions: the release before does not read them.

CREATE TABLE schedule (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  zone text NOT NULL,
  layers jsonb NOT NULL,
  owner text NOT NULL DEFAULT '',
  active boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
COMMENT ON COLUMN schedule.layers IS 'The rotations, the topmost first, as gateway/oncall/schedule.py reads them';
COMMENT ON COLUMN schedule.owner IS 'The login of whoever may change it besides administrators and incident managers';

CREATE TABLE schedule_swap (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schedule_id integer NOT NULL REFERENCES schedule (id),
  proposer text NOT NULL,
  asked text NOT NULL,
  gives_from timestamptz NOT NULL,
  gives_to timestamptz NOT NULL,
  takes_from timestamptz,
  takes_to timestamptz,
  reason text NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT 'proposed'
    CHECK (state IN ('proposed', 'accepted', 'refused', 'withdrawn')),
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by text,
  CHECK (gives_to > gives_from AND (takes_to > takes_from OR takes_to IS NULL))
);
COMMENT ON TABLE schedule_swap IS 'Proposals to give a shift to somebody, or to swap it for one of theirs';
CREATE INDEX schedule_swap_of_schedule ON schedule_swap (schedule_id, id);

CREATE TABLE schedule_override (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schedule_id integer NOT NULL REFERENCES schedule (id),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  people text[] NOT NULL,
  replaces text,
  reason text NOT NULL DEFAULT '',
  made_by text NOT NULL,
  made_at timestamptz NOT NULL,
  swap_id bigint REFERENCES schedule_swap (id),
  withdrawn_at timestamptz,
  withdrawn_by text,
  CHECK (ends_at > starts_at)
);
COMMENT ON COLUMN schedule_override.replaces IS 'The login of whom the people replace, null for everybody';
CREATE INDEX schedule_override_end ON schedule_override (schedule_id, ends_at) WHERE withdrawn_at IS NULL;

ALTER TABLE staff_group ADD COLUMN schedule_id integer REFERENCES schedule (id);
COMMENT ON COLUMN staff_group.schedule_id IS 'The schedule whose shifts are the roster of the group, if any';
CREATE INDEX staff_group_schedule ON staff_group (schedule_id) WHERE schedule_id IS NOT NULL;

ALTER TABLE handover ADD COLUMN look_through_asked_at timestamptz;
ALTER TABLE handover ADD COLUMN looked_through_at timestamptz;
ALTER TABLE handover ADD COLUMN looked_through_by text;
COMMENT ON COLUMN handover.look_through_asked_at IS 'When the next shift was asked to look through what was handed over or left';
