"""Notifications to people: a transactional outbox, templates, channels and a sending runner."""
