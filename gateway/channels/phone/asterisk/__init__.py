"""Asterisk and FreePBX: calls received."""
