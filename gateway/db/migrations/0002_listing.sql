-- The lists people and other systems page through.

CREATE INDEX incident_recorded ON incident (recorded_at, id);
CREATE INDEX incident_updated ON incident (updated_at, id);
