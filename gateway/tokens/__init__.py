"""Tokens and keys: signing, verification, and redaction in texts."""
