"""Calendars of people: files that they send, and addresses that are read again and again."""
