-- Contact methods as objects that are verified, the rules and pauses of each person, and steps, waits and bundles of messages.

-- The release before writes neither of the new columns: what it writes counts as verified, as it did there.
ALTER TABLE contact_method
  ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN label text NOT NULL DEFAULT '',
  ADD COLUMN verified_at timestamptz DEFAULT now(),
  ADD COLUMN verified_as text NOT NULL DEFAULT 'before',
  DROP CONSTRAINT contact_method_channel_check,
  DROP CONSTRAINT contact_method_pkey,
  ADD PRIMARY KEY (id),
  ADD CONSTRAINT contact_method_place UNIQUE (person_id, position) DEFERRABLE INITIALLY IMMEDIATE;
COMMENT ON COLUMN contact_method.verified_at IS 'When it was shown that messages arrive there; null: no incident is told there';
COMMENT ON COLUMN contact_method.verified_as IS 'code; directory: the address that administrators keep of the person; administrator: set by one; before: older than verification';

CREATE TABLE contact_code (
  id uuid PRIMARY KEY,
  method_id bigint NOT NULL REFERENCES contact_method ON DELETE CASCADE,
  channel text NOT NULL,
  address text NOT NULL,
  expires_at timestamptz NOT NULL,
  tries smallint NOT NULL DEFAULT 0
);
CREATE INDEX contact_code_method ON contact_code (method_id);
COMMENT ON TABLE contact_code IS 'Codes that verify contact methods; the code itself is not kept, it follows from the id and the secret of links';
COMMENT ON COLUMN contact_code.address IS 'Where the code went: it proves nothing about another address';

CREATE TABLE notification_rule (
  person_id int NOT NULL REFERENCES person ON DELETE CASCADE,
  urgent boolean NOT NULL,
  position smallint NOT NULL,
  method_id bigint NOT NULL REFERENCES contact_method ON DELETE CASCADE,
  after_s int NOT NULL CHECK (after_s >= 0),
  PRIMARY KEY (person_id, urgent, position)
);
CREATE INDEX notification_rule_method ON notification_rule (method_id);
COMMENT ON TABLE notification_rule IS 'By which methods a person is told, in order; without any: by all verified ones';
COMMENT ON COLUMN notification_rule.after_s IS 'Seconds after the step before arrived, while nobody has accepted the record';

CREATE TABLE person_pause (
  person_id int PRIMARY KEY REFERENCES person ON DELETE CASCADE,
  quiet json NOT NULL DEFAULT '[]',
  passes smallint NOT NULL DEFAULT 1 CHECK (passes IN (1, 2)),
  silent_methods bigint[] NOT NULL DEFAULT '{}',
  disturb_until timestamptz,
  disturb_reason text NOT NULL DEFAULT '',
  disturb_absolute boolean NOT NULL DEFAULT false,
  paced_at timestamptz
);
COMMENT ON TABLE person_pause IS 'When a person is not to be disturbed, and when they were told last';
COMMENT ON COLUMN person_pause.quiet IS 'Quiet hours: weekdays, first and last minute of the day, on the clock of the person';
COMMENT ON COLUMN person_pause.passes IS 'The least urgent priority that quiet hours and do-not-disturb let through';
COMMENT ON COLUMN person_pause.paced_at IS 'The begin of the minute in which further messages are bundled';

ALTER TABLE outbox
  ADD COLUMN step smallint NOT NULL DEFAULT 0,
  ADD COLUMN sequence uuid,
  ADD COLUMN held_until timestamptz,
  ADD COLUMN held_for text NOT NULL DEFAULT '',
  ADD COLUMN bundle uuid,
  DROP CONSTRAINT outbox_state_check,
  ADD CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sent', 'dead', 'cancelled')) NOT VALID;
CREATE INDEX outbox_bundle ON outbox (bundle) WHERE bundle IS NOT NULL AND state = 'pending';
COMMENT ON COLUMN outbox.step IS 'The contact method that this message begins with: above 0 for the further steps of a sequence';
COMMENT ON COLUMN outbox.sequence IS 'The first message of the sequence that this one goes on with; cancelled when the record is accepted';
COMMENT ON COLUMN outbox.held_until IS 'Until when it waits, or waited, on purpose';
COMMENT ON COLUMN outbox.held_for IS 'Why it waits: step, minute, rate, quiet_hours or do_not_disturb';
COMMENT ON COLUMN outbox.bundle IS 'The message that this one is told in: they end alike';
