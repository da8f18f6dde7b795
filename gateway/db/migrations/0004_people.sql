-- People, their groups, their keys, and what logging in and links for reporters need to remember.

CREATE TABLE person (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  login text NOT NULL UNIQUE,
  name text NOT NULL,
  email text NOT NULL DEFAULT '',
  phone text NOT NULL DEFAULT '',
  locale text NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'zh-CN')),
  zone text NOT NULL DEFAULT 'UTC',
  active boolean NOT NULL DEFAULT true,
  roles text[] NOT NULL DEFAULT '{}',
  skills text[] NOT NULL DEFAULT '{}',
  password_hash text,
  oidc_issuer text,
  oidc_subject text,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK ((oidc_issuer IS NULL) = (oidc_subject IS NULL))
);
COMMENT ON COLUMN person.password_hash IS 'Argon2id in its own notation; null for those who log in elsewhere or not at all';
COMMENT ON COLUMN person.oidc_subject IS 'Who this is at the identity provider: set at the first log-in by a verified address, the only thing trusted after';
CREATE UNIQUE INDEX person_email ON person (lower(email)) WHERE email <> '';
CREATE UNIQUE INDEX person_subject ON person (oidc_issuer, oidc_subject) WHERE oidc_subject IS NOT NULL;

CREATE TABLE staff_group (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  tier text NOT NULL CHECK (tier IN ('desk', 'tier2', 'tier3')),
  active boolean NOT NULL DEFAULT true,
  skills text[] NOT NULL DEFAULT '{}',
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE staff_group_member (
  group_id int NOT NULL REFERENCES staff_group,
  person_id int NOT NULL REFERENCES person,
  PRIMARY KEY (group_id, person_id)
);
CREATE INDEX staff_group_member_person ON staff_group_member (person_id);

ALTER TABLE api_key
  ADD COLUMN person_id int REFERENCES person,
  ADD COLUMN session boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN api_key.person_id IS 'Whose key it is; null for machines';
COMMENT ON COLUMN api_key.session IS 'Made by logging in, ended by logging out';
CREATE INDEX api_key_person ON api_key (person_id) WHERE person_id IS NOT NULL;

-- What is one's own, and what is flagged: found without a look at all the others. Alerts cost nothing, they name nobody.
CREATE INDEX incident_contact ON incident (lower(contact)) WHERE contact <> '';
CREATE INDEX incident_owner ON incident (lower(owner)) WHERE owner <> '';
CREATE INDEX incident_security ON incident (id) WHERE security;

CREATE TABLE login_attempt (
  subject bytea PRIMARY KEY,
  since timestamptz NOT NULL,
  count int NOT NULL
);
COMMENT ON TABLE login_attempt IS 'Attempts in the window that began at since, by the hash of a login, an address, or both';

CREATE TABLE login_state (
  state_hash bytea PRIMARY KEY,
  nonce text NOT NULL,
  verifier text NOT NULL,
  expires_at timestamptz NOT NULL
);
COMMENT ON TABLE login_state IS 'Log-ins under way at the identity provider; deleted by the first answer';

CREATE TABLE link_secret (
  id text PRIMARY KEY,
  secret bytea NOT NULL,
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE link_secret IS 'What signs links for reporters where the settings give no secret; made at the first start';
