"""Metrics, logs and the event-loop watchdog."""
