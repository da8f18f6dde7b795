"""Lengths of time as people write them. Pure."""

import re
from datetime import timedelta

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(timedelta):
    """A length of time written as "90s", "5m", "48h" or "1h30m"."""


def duration(text: str) -> Duration:
    """Read a duration; raises ValueError saying how one is written."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise ValueError(f'"{text}" is not a duration: write it like "90s", "5m", "48h" or "1h30m"')
    return Duration(seconds=sum(float(n) * UNITS[u] for n, u in parts))


class Promise(timedelta):
    """A length of time that may name working days too ("2wd", "1wd4h"); a working day is as long as the calendar's."""

    working_days: float = 0


def promise(text: str) -> Promise:
    """Read one; raises ValueError saying how it is written."""
    days, _, rest = text.rpartition("wd")
    if days and not re.fullmatch(r"\d+(\.\d+)?", days):
        raise ValueError(f'"{text}" is not a length of working time: write it like "2wd", "1wd4h" or "48h"')
    promised = Promise(seconds=duration(rest).total_seconds() if rest or not days else 0)
    promised.working_days = float(days or 0)
    return promised
