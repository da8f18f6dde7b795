"""Deduplication of alerts: decides what each alert does to incidents, and commits it."""
