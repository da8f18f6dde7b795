"""On-call schedules as people change them: schedules, overrides and swaps of shifts."""
