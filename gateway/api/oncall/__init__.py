"""API routes of on-call schedules, overrides and swaps."""
