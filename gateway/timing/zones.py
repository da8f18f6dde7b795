"""Time zones by their IANA names (RFC 6557)."""

from functools import cache
from zoneinfo import available_timezones


@cache
def time_zone_names() -> frozenset[str]:
    """Return the names of all time zones.

    The search takes 10 ms, and the zones are files of this installation, so it is done once.
    """
    return frozenset(available_timezones())
