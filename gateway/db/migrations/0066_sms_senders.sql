-- What people said by text message about text messages, by their number.
CREATE TABLE sms_sender (
  phone text PRIMARY KEY,
  refused_at timestamptz,
  helped_at timestamptz
);
COMMENT ON COLUMN sms_sender.refused_at IS 'When they answered STOP; null since START';
COMMENT ON COLUMN sms_sender.helped_at IS 'When they were last told what they can reply: once a day';
