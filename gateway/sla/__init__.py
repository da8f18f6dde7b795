"""Policies, clocks as ledgers of segments, and the timers that act on them."""
