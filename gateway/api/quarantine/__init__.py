"""API routes of the quarantine: entries, mappings, mail that was set aside."""
