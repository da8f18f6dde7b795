-- The one condition by which statements ask whether an incident is there for somebody, as Sight.sees decides it
-- (gateway/incidents/sight.py). PostgreSQL puts it in place where it is asked, so that indexes are used as before.
CREATE FUNCTION may_see(
  security boolean, recorded_by text, owner text, contact text, sees_security boolean, sees_ordinary boolean, names text[]
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN security THEN sees_security
    ELSE sees_ordinary OR lower(recorded_by) = ANY(names) OR lower(owner) = ANY(names) OR lower(contact) = ANY(names) END
$$;
COMMENT ON FUNCTION may_see IS 'True for an incident that somebody with this sight may see; names are theirs, in lower case';
