-- When people are away, as they enter it or their calendars say, and calendars of shifts for them.

CREATE TABLE absence (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id int NOT NULL REFERENCES person ON DELETE CASCADE,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  reason text NOT NULL DEFAULT '',
  source text NOT NULL CHECK (source IN ('manual', 'file', 'calendar')),
  uid text NOT NULL DEFAULT '',
  entered_by text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX absence_end ON absence (person_id, ends_at);
CREATE UNIQUE INDEX absence_event ON absence (person_id, source, uid, starts_at) WHERE source <> 'manual';
COMMENT ON TABLE absence IS 'Times in which a person is away and not on call';
COMMENT ON COLUMN absence.uid IS 'UID of the event of which it was read; empty where it was entered by hand';

ALTER TABLE person ADD COLUMN absences_changed_at timestamptz;
COMMENT ON COLUMN person.absences_changed_at IS 'When an absence was last entered, changed or removed; null if never';

CREATE TABLE person_calendar (
  person_id int PRIMARY KEY REFERENCES person ON DELETE CASCADE,
  url text NOT NULL,
  words text[] NOT NULL DEFAULT '{}',
  at_least interval NOT NULL,
  next_at timestamptz NOT NULL,
  etag text NOT NULL DEFAULT '',
  last_modified text NOT NULL DEFAULT '',
  checked_at timestamptz,
  read_at timestamptz,
  failing_since timestamptz,
  error text NOT NULL DEFAULT '',
  absences int NOT NULL DEFAULT 0,
  unreadable int NOT NULL DEFAULT 0
);
CREATE INDEX person_calendar_due ON person_calendar (next_at);
COMMENT ON TABLE person_calendar IS 'The calendar of a person whose events are absences, read again and again';
COMMENT ON COLUMN person_calendar.url IS 'Often a secret: whoever has it reads the calendar';
COMMENT ON COLUMN person_calendar.words IS 'Words of which the title of an event must have one; none: any title';
COMMENT ON COLUMN person_calendar.at_least IS 'How long an event lasts that is an absence';
COMMENT ON COLUMN person_calendar.read_at IS 'When its content was last read whole; absences are those of then';
COMMENT ON COLUMN person_calendar.error IS 'Why it could not be read the last time; empty if it could';

CREATE TABLE calendar_feed (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id int UNIQUE REFERENCES person ON DELETE CASCADE,
  schedule_id int UNIQUE REFERENCES schedule ON DELETE CASCADE,
  generation int NOT NULL DEFAULT 1,
  made_at timestamptz NOT NULL,
  made_by text NOT NULL,
  revoked_at timestamptz,
  CHECK (num_nonnulls(person_id, schedule_id) = 1)
);
COMMENT ON TABLE calendar_feed IS 'Calendars of the shifts of a person or of a schedule, which programs fetch by a signed address';
COMMENT ON COLUMN calendar_feed.generation IS 'How often its address was made; those made before are not valid';

CREATE TABLE schedule_gap (
  schedule_id int NOT NULL REFERENCES schedule ON DELETE CASCADE,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (schedule_id, starts_at)
);
COMMENT ON TABLE schedule_gap IS 'Times without anybody on call of which the owner of the schedule was told, also some days after';
