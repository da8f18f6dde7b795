"""Announcements: the recipients of notifications about an incident."""
