"""The endpoints of alert sources: authentication, parsing, and replay of quarantined requests."""
