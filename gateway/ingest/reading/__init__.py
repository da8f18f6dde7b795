"""Parsing of request bodies of alert sources, with bounds, checks and repairs. Pure."""
