-- Recipients of roles and routing rules that administrators keep by the API, in force beside those of the configuration.
CREATE TABLE role_recipient (
  role text PRIMARY KEY,
  targets text[] NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
COMMENT ON TABLE role_recipient IS 'Recipients of roles, in place of notify.recipients: docs/people.md';

CREATE TABLE routing_list (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  rules json NOT NULL,
  version int NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
COMMENT ON TABLE routing_list IS 'Routing rules that come before those of the configuration: docs/catalogue.md';
