"""Periodic operations on many records: recalculated deadlines, orphans, undelivered messages."""
