"""Limits of use: quotas, token buckets and circuit breakers."""
