"""Escalation policies: who is called about a record, step by step, until somebody takes it."""
