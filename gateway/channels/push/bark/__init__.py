"""Bark: messages to iPhones."""
