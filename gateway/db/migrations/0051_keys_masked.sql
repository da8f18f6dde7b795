-- How far the bodies that were kept before were rid of the keys in them; a row leaves once its table is through.
CREATE TABLE keys_masked (
  relation text PRIMARY KEY,
  after_id text NOT NULL,
  until timestamptz NOT NULL
);
COMMENT ON TABLE keys_masked IS 'Tables whose older bodies may hold keys of senders, and up to which id they were looked through';
COMMENT ON COLUMN keys_masked.until IS 'Rows received from then on were written by this release, which keeps no key';
INSERT INTO keys_masked (relation, after_id, until) VALUES
  ('receipt', '00000000-0000-0000-0000-000000000000', now() + interval '1 day'),
  ('quarantine', '0', now() + interval '1 day'),
  ('set_aside', '0', now() + interval '1 day');
