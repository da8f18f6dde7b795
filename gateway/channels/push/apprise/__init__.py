"""Apprise: messages by a library that knows many other services."""
