-- The words of an alert as its sender last said them, and the recoveries that found nothing open.

ALTER TABLE alert ADD COLUMN description text;
ALTER TABLE alert ADD COLUMN unmatched_at timestamptz;
COMMENT ON COLUMN alert.description IS 'The text its sender last said; null where a release that did not keep it wrote the row';
COMMENT ON COLUMN alert.unmatched_at IS 'Newest recovery, by the source''s own clock, that found nothing open';
