-- What was mended of a request before it was read.

ALTER TABLE receipt ADD COLUMN mended json;
COMMENT ON COLUMN receipt.mended IS 'What was read otherwise than it was sent, or left out: [{item, pointer, what}], item -1 is the whole body; null for nothing';
