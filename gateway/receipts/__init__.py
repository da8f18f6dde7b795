"""Receipts: what became of each received item, as rows and response bodies."""
