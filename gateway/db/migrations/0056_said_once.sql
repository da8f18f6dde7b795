-- Two conditions that most statements share. PostgreSQL puts them in place where they are called, so that indexes are used as before.
CREATE FUNCTION is_open(state text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
$$;
COMMENT ON FUNCTION is_open IS 'True for the states in which an incident is worked on; LIVE in gateway/vocabulary.py';

CREATE FUNCTION moment(stamp timestamptz) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(stamp, statement_timestamp())
$$;
COMMENT ON FUNCTION moment IS 'The moment that a statement goes by: a given one, as in tests, else that of the statement';
