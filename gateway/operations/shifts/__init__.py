"""The hand-over between shifts."""
