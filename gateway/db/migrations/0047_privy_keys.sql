-- Whether a key with the scope admin may see security incidents: those there are may, as before; a key that the release
-- before makes while both run may not.
ALTER TABLE api_key ADD COLUMN privy boolean NOT NULL DEFAULT true;
ALTER TABLE api_key ALTER COLUMN privy SET DEFAULT false;
COMMENT ON COLUMN api_key.privy IS 'May see security incidents, as whoever made it may; means something with the scope admin alone';
