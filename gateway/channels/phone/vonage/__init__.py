"""Vonage: calls received and NCCO answers."""
