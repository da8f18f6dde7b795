-- How each person wants to be reached, in order, and which of it reached them.

CREATE TABLE contact_method (
  person_id int NOT NULL REFERENCES person ON DELETE CASCADE,
  position smallint NOT NULL,
  channel text NOT NULL CHECK (channel IN ('mail', 'webhook', 'sms', 'voice', 'slack', 'feishu', 'wecom', 'dingtalk')),
  address text NOT NULL DEFAULT '',
  PRIMARY KEY (person_id, position)
);
COMMENT ON TABLE contact_method IS 'Ways to reach a person, tried in order; a person without any is mailed';
COMMENT ON COLUMN contact_method.address IS 'Empty for the address or telephone number that the person has';

ALTER TABLE outbox ADD COLUMN cause text NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN urgency smallint NOT NULL DEFAULT 5;
ALTER TABLE outbox ADD COLUMN method smallint NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN may_recover boolean NOT NULL DEFAULT false;
ALTER TABLE outbox ADD COLUMN reached text NOT NULL DEFAULT '';
COMMENT ON COLUMN outbox.cause IS 'Why this message is owed; of one incident, cause and target there is one message';
COMMENT ON COLUMN outbox.urgency IS 'The priority of the incident as it is told; 5 where there is none: the least goes first';
COMMENT ON COLUMN outbox.method IS 'Which contact method of the person is tried next';
COMMENT ON COLUMN outbox.may_recover IS 'Whether a method that failed in this round may work later';
COMMENT ON COLUMN outbox.reached IS 'Channel and address that took the message';
