"""Time zones by their IANA names (RFC 6557)."""

from functools import cache
from zoneinfo import available_timezones


@cache
def zones() -> frozenset[str]:
    """Every name that there is. Looking for them takes 10 ms, and they are files of this installation, so it is done once."""
    return frozenset(available_timezones())
