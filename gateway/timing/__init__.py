"""Time: the clock, durations, instants, time zones and periodic jobs."""
