-- Alerts held back by a maintenance window, to be promoted at its end if they still fire.

ALTER TABLE alert
  ADD COLUMN suppressed_until timestamptz,
  ADD COLUMN source text NOT NULL DEFAULT '',
  ADD COLUMN service text NOT NULL DEFAULT '',
  ADD COLUMN ci text NOT NULL DEFAULT '';
COMMENT ON COLUMN alert.suppressed_until IS 'End of the maintenance window that keeps this firing alert from opening a record';
CREATE INDEX alert_suppressed ON alert (suppressed_until) WHERE suppressed_until IS NOT NULL;
