"""Durations in the notation of people, such as "5m". Pure."""

import re
from datetime import timedelta

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}


LONGEST = timedelta(days=36_500)
"""The longest duration; a longer one is an error and could lead to an instant out of range."""
MOST_CHARS = 64


class Duration(timedelta):
    """A duration written as "90s", "5m", "48h" or "1h30m"."""


def parse_duration(text: str) -> Duration:
    """Return the duration that a text denotes; raises ValueError with the expected notation."""
    if len(text) > MOST_CHARS:
        raise ValueError(f"a duration has at most {MOST_CHARS} characters")
    parts = re.findall(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise ValueError(f'"{text}" is not a duration: write it like "90s", "5m", "48h" or "1h30m"')
    seconds = sum(float(n) * UNITS[u] for n, u in parts)
    if seconds > LONGEST.total_seconds():
        raise ValueError(f'"{text}" is longer than {LONGEST.days} days')
    return Duration(seconds=seconds)


MOST_DAYS = 3_660
"""Ten years of working days."""


class WorkingTime(timedelta):
    """A duration that may include working days ("2wd", "1wd4h"), each as long as the calendar's."""

    working_days: float = 0


def parse_working_time(text: str) -> WorkingTime:
    """Return the working time that a text denotes; raises ValueError with the expected notation."""
    if len(text) > MOST_CHARS:
        raise ValueError(f"a length of working time has at most {MOST_CHARS} characters")
    days, _, rest = text.rpartition("wd")
    if days and not re.fullmatch(r"\d+(\.\d+)?", days):
        raise ValueError(
            f'"{text}" is not a length of working time: write it like "2wd", "1wd4h" or "48h"'
        )
    promised = WorkingTime(seconds=parse_duration(rest).total_seconds() if rest or not days else 0)
    promised.working_days = float(days or 0)
    if promised.working_days > MOST_DAYS:
        raise ValueError(f'"{text}" is more than {MOST_DAYS} working days')
    return promised


def format_duration(length: Duration | WorkingTime) -> str:
    """Return a text that parses to this duration."""
    microseconds = f"{length // timedelta(microseconds=1)}us"
    days = length.working_days if isinstance(length, WorkingTime) else 0
    return f"{days:f}wd{microseconds}" if days else microseconds


def decode_duration(kind: type, value: object) -> Duration | WorkingTime:
    """Convert a text of the configuration to a duration, for msgspec.

    Raises ValueError for anything else.
    """
    if kind not in (Duration, WorkingTime) or not isinstance(value, str):
        raise ValueError(f'expected a duration such as "5m", got {value!r}')
    return parse_working_time(value) if kind is WorkingTime else parse_duration(value)
