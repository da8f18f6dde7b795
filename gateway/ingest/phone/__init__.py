"""Calls: what telephone systems tell of them, and what callers are answered."""
