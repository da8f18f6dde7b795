"""Tests of the API of how people are reached."""
