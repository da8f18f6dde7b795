"""Times as senders write them: numbers since 1970, RFC 3339 and the like, RFC 2822. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

UNITS = ((1e11, 1), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""The bounds below which a number since 1970 counts seconds, milli-, micro- or nanoseconds."""

DECIMAL = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,18})?", re.ASCII)
COMPACT = re.compile(r"(?:19|20)[0-9]{12}", re.ASCII)
"""Year to second without separators; read as milliseconds it would be centuries ahead."""

ZONE = re.compile(r" ?(?:UTC|GMT|Z)\Z")
NAMED = re.compile(r" ?([+-][0-9]{2}):?([0-9]{2}) (?:[A-Z]{1,5}|[+-][0-9]{2,4})\Z", re.ASCII)
"""An offset followed by the name of its zone, as Go writes times."""

LONGEST = 80


def parse_time(value: str | float) -> datetime:
    """Return the time in UTC; a text without a zone is UTC. Raises ValueError for no time."""
    if not isinstance(value, str):
        return _since(value)
    text = value.strip()
    if len(text) > LONGEST:
        raise ValueError("too long for a time")
    return _rfc3339(text) or _read(text)


def _rfc3339(text: str) -> datetime | None:
    """Return a time in the common form by the fast path; None where it needs the slower one."""
    if text[10:11] != "T":
        return None
    try:
        return _zoned(datetime.fromisoformat(text))
    except ValueError:
        return None


def _read(text: str) -> datetime:
    if COMPACT.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if len(text) > 8 and DECIMAL.fullmatch(text):
        return _since(float(text))
    if text.isdigit() and len(text) != len("20261129"):
        raise ValueError("digits that are no time")
    try:
        return _zoned(datetime.fromisoformat(_plain(text)))
    except ValueError:
        return _zoned(_written_out(text))


def _since(number: float) -> datetime:
    """Return the time of a number since 1970, whose size tells its unit."""
    for most, unit in UNITS:
        if abs(number) < most:
            return datetime.fromtimestamp(number / unit, UTC)
    raise ValueError("no time is so far away")


def _plain(text: str) -> str:
    """Return the time in the format of `fromisoformat`."""
    text = text.partition(" m=")[0].upper()
    text = NAMED.sub(r"\1:\2", ZONE.sub("+00:00", text))
    date, between, rest = text[:10], text[10:11], text[11:]
    return date.replace("/", "-") + between + rest.replace(" +", "+").replace(" -", "-")


def _written_out(text: str) -> datetime:
    """Return a time of RFC 2822 or of `date` (year last); raises ValueError for a 12-hour clock."""
    if text[-2:].upper() in {"AM", "PM"} or not any(map(str.isalpha, text)):
        raise ValueError("not a time")
    try:
        return parsedate_to_datetime(text)
    except OverflowError as error:
        raise ValueError("not a time") from error


def _zoned(when: datetime) -> datetime:
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no time is so far away") from error
