"""Tests of the API of on-call schedules."""
