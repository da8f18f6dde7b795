"""Receipts: the outcome of each received item, as rows and response bodies."""
