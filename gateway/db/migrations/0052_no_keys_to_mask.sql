-- Where nothing was ever received, no earlier release kept a key.
DELETE FROM keys_masked
WHERE NOT EXISTS (SELECT FROM receipt) AND NOT EXISTS (SELECT FROM quarantine) AND NOT EXISTS (SELECT FROM set_aside);
