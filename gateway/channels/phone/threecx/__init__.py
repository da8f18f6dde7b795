"""3CX: calls received."""
