"""The web form by which people report without a key."""
