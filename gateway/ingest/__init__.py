"""Endpoints of alert sources: authentication, parsing, replay of what was received."""
