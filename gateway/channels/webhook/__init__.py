"""Webhooks: messages sent to addresses of other systems."""
