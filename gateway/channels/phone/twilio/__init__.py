"""Twilio: calls received, TwiML answers, text messages and calls made."""
