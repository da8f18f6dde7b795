"""Answers of reporters: acknowledgement, confirmation, refusal, rating."""
