-- Templates of messages that administrators write in place of the gateway's own words.
CREATE TABLE message_template (
  event text NOT NULL,
  channel text NOT NULL,
  locale text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  PRIMARY KEY (event, channel, locale)
);
COMMENT ON TABLE message_template IS 'Message templates of administrators, "*" for any event or channel: docs/messages.md';
