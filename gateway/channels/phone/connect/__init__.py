"""Amazon Connect: calls received."""
