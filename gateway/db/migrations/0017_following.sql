-- What follows from an incident: records it leads to elsewhere, complaints, articles, and finding what was like it.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE linked_record (
  incident_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('problem', 'change', 'service_request', 'spare_part', 'knowledge')),
  system text NOT NULL,
  reference text NOT NULL,
  address text NOT NULL,
  title text NOT NULL,
  linked_at timestamptz NOT NULL,
  linked_by text NOT NULL,
  PRIMARY KEY (incident_id, kind, system, reference)
);
COMMENT ON TABLE linked_record IS 'Records of any system that an incident has led to';

CREATE TABLE complaint (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id bigint NOT NULL,
  text text NOT NULL,
  complainant text NOT NULL,
  filed_at timestamptz NOT NULL,
  filed_by text NOT NULL
);
CREATE INDEX complaint_incident ON complaint (incident_id);

CREATE TABLE article (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
  title text NOT NULL,
  symptom text NOT NULL,
  solution text NOT NULL,
  service text NOT NULL,
  category text NOT NULL,
  language text NOT NULL,
  incident_id bigint,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  version int NOT NULL DEFAULT 1
);
COMMENT ON COLUMN article.incident_id IS 'The record whose solution it tells, if it tells one';
CREATE INDEX article_alike ON article USING gin (title gin_trgm_ops) WHERE state = 'published';

-- Only records that people gave a solution are in these: what intake writes never is, and pays nothing.
CREATE INDEX incident_alike ON incident USING gin (title gin_trgm_ops) WHERE solution <> '';
CREATE INDEX incident_solved ON incident (service, id) WHERE solution <> '';
CREATE INDEX incident_lately_solved ON incident (id) WHERE solution <> '';
