-- What was issued to a person before this moment gives no right any more: links to records and key presses in calls, which are
-- signed and stand in no table.
ALTER TABLE person ADD COLUMN credentials_since timestamptz;
COMMENT ON COLUMN person.credentials_since IS 'Links and calls made for the person before this are not believed; null for all are';
