-- Every attempt to deliver a message: by which channel it went where, what became of it, and what it cost.
CREATE TABLE message_attempt (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message uuid NOT NULL REFERENCES outbox ON DELETE CASCADE,
  at timestamptz NOT NULL,
  channel text NOT NULL,
  address text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('sent', 'retry', 'dead')),
  error text NOT NULL DEFAULT '',
  vendor_id text NOT NULL DEFAULT '',
  parts smallint NOT NULL DEFAULT 1,
  took_ms int NOT NULL
);
CREATE INDEX message_attempt_message ON message_attempt (message, id);
COMMENT ON TABLE message_attempt IS 'Attempts to deliver messages, oldest first: docs/messages.md';
COMMENT ON COLUMN message_attempt.vendor_id IS 'The name that the other side gave the message, "" for none';
COMMENT ON COLUMN message_attempt.parts IS 'Units that vendors count: parts of a short message, else 1';
