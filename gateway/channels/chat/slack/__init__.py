"""Slack: events received, messages sent."""
