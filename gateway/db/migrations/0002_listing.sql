-- The list of what changed last, which other systems page through.

CREATE INDEX incident_updated ON incident (updated_at, id);
