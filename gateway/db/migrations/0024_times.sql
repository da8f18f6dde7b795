-- outside a transaction
-- Times outside of the calendar: PostgreSQL reads 9999-12-31T23:59:59.999999Z as infinity, and one such timer kept all
-- others from firing once the index was lost. Those that are kept already are brought to the end of the span that is
-- kept (gateway/instants.py), and no timer takes another. Each step is short, and may be done again.

BEGIN;
UPDATE timer SET due_at = least(greatest(due_at, '1970-01-01 00:00+00'), '2200-01-01 00:00+00'), gen = gen + 1
WHERE due_at NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00';
UPDATE alert SET ends_at = least(greatest(ends_at, '1970-01-01 00:00+00'), '2200-01-01 00:00+00')
WHERE ends_at NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00';
UPDATE alert SET suppressed_until = least(greatest(suppressed_until, '1970-01-01 00:00+00'), '2200-01-01 00:00+00')
WHERE suppressed_until NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00';
UPDATE incident SET hold_until = least(greatest(hold_until, '1970-01-01 00:00+00'), '2200-01-01 00:00+00')
WHERE hold_until NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00';
UPDATE silence SET
  starts_at = least(greatest(starts_at, '1970-01-01 00:00+00'), '2200-01-01 00:00+00'),
  ends_at = least(greatest(ends_at, '1970-01-01 00:00+00'), '2200-01-01 00:00+00')
WHERE starts_at NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00'
   OR ends_at NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00';
UPDATE api_key SET expires_at = least(greatest(expires_at, '1970-01-01 00:00+00'), '2200-01-01 00:00+00')
WHERE expires_at NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00';
UPDATE shift SET
  starts_at = least(greatest(starts_at, '1970-01-01 00:00+00'), '2200-01-01 00:00+00'),
  ends_at = least(greatest(starts_at, '1970-01-01 00:00+00'), '2200-01-01 00:00+00') + interval '1 hour'
WHERE starts_at NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00'
   OR ends_at NOT BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00';

ALTER TABLE timer DROP CONSTRAINT IF EXISTS timer_due_at_is_kept;
ALTER TABLE timer ADD CONSTRAINT timer_due_at_is_kept
  CHECK (due_at BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00') NOT VALID;
COMMIT;
ALTER TABLE timer VALIDATE CONSTRAINT timer_due_at_is_kept;
