"""Tests of changes of who is on call."""
