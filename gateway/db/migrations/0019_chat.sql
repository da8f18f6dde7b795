-- Who people are in chats, and which messages there belong to a record.

CREATE TABLE chat_identity (
  provider text NOT NULL,
  tenant text NOT NULL,
  user_id text NOT NULL,
  person_id int NOT NULL REFERENCES person,
  linked_at timestamptz NOT NULL,
  PRIMARY KEY (provider, tenant, user_id)
);
COMMENT ON COLUMN chat_identity.tenant IS 'The workspace or company by its own id: a user id means somebody only within it';
CREATE INDEX chat_identity_person ON chat_identity (person_id);

CREATE TABLE chat_code (
  code_hash bytea PRIMARY KEY,
  person_id int NOT NULL REFERENCES person,
  expires_at timestamptz NOT NULL
);
COMMENT ON TABLE chat_code IS 'Codes that people type into a chat once to say who they are; kept as SHA-256 only';
CREATE INDEX chat_code_person ON chat_code (person_id);

CREATE TABLE chat_message (
  provider text NOT NULL,
  conversation text NOT NULL,
  message text NOT NULL,
  incident_id bigint NOT NULL,
  locale text NOT NULL,
  shown text,
  posted_at timestamptz NOT NULL,
  PRIMARY KEY (provider, conversation, message)
);
COMMENT ON COLUMN chat_message.message IS 'The vendor''s name of it, which answers in its thread carry';
COMMENT ON COLUMN chat_message.shown IS 'How the record stood as the message shows it; null where it is not ours to change, or nothing will change';
CREATE INDEX chat_message_incident ON chat_message (incident_id);
CREATE INDEX chat_message_shown ON chat_message (incident_id) WHERE shown IS NOT NULL;
CREATE INDEX chat_message_posted ON chat_message (posted_at);
