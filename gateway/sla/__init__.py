"""SLA policies, the clocks of incidents, and the timers that act on them."""
