"""Telling people: a transactional outbox, templates, channels and the runner that sends."""
