"""Escalation: duties, escalation ladders, management escalation."""
