"""Deciding what an alert means for what is open, and the one writer that commits it."""
