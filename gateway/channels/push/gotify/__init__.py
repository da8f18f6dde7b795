"""Gotify: messages of an application to its owner."""
