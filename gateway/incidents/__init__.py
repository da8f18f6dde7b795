"""Incidents: their fields, states, timeline and SQL store."""
