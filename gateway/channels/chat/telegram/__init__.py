"""Telegram: updates received, messages sent."""
