"""The Alertmanager API v2: alerts, silences, status."""
