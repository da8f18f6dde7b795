-- Browsers that notifications are pushed to, and the keys (VAPID) by which push services know the gateway.

CREATE TABLE vapid_key (
  id text PRIMARY KEY,
  secret bytea NOT NULL CHECK (octet_length(secret) = 32),
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE vapid_key IS 'Private keys that sign calls of push services where the settings give none; the first is made when one is needed, the two newest are used';

CREATE TABLE push_subscription (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id int NOT NULL REFERENCES person ON DELETE CASCADE,
  endpoint text NOT NULL UNIQUE CHECK (length(endpoint) BETWEEN 1 AND 2048),
  p256dh bytea NOT NULL CHECK (octet_length(p256dh) = 65),
  auth bytea NOT NULL CHECK (octet_length(auth) = 16),
  server_key bytea NOT NULL CHECK (octet_length(server_key) = 65),
  label text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  last_sent_at timestamptz,
  failures int NOT NULL DEFAULT 0
);
CREATE INDEX push_subscription_person ON push_subscription (person_id);
COMMENT ON TABLE push_subscription IS 'Browsers of people that notifications are pushed to; one that its push service knows no longer is deleted';
COMMENT ON COLUMN push_subscription.endpoint IS 'The address that messages for this browser are posted to';
COMMENT ON COLUMN push_subscription.p256dh IS 'The public key of the browser, an uncompressed point of P-256';
COMMENT ON COLUMN push_subscription.auth IS 'The secret that the browser shares with us';
COMMENT ON COLUMN push_subscription.server_key IS 'The public key of ours that the browser subscribed with: calls are signed with that key only';
COMMENT ON COLUMN push_subscription.label IS 'Browser and system, as the browser named itself';
COMMENT ON COLUMN push_subscription.failures IS 'Calls that failed since the last that did not';
