"""Announcements: who is told of what happened to an incident."""
