"""Values as messages write them: foreign text sanitized, local times, durations in words. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.incidents.labels import LOCALES, Locale
from gateway.timing.durations import LONGEST
from gateway.timing.zones import time_zone_names

TITLE_CHARS = 200


@dataclass(frozen=True, slots=True)
class MessageReader:
    """The reader of a message: language, time zone, and the URL that opens the record.

    `link` is "" if there is none. `now` is when the message is sent; None leaves out how far
    away times are.
    """

    locale: Locale
    zone: str = "UTC"
    link: str = ""
    now: datetime | None = None

    def choose(self, words: tuple[str, str]) -> str:
        """Return the words in the reader's language."""
        return words[LOCALES.index(self.locale)]


def one_line(value: object) -> str:
    """Return foreign text on one line: control characters become spaces, the length is bounded."""
    text = "".join(c if c.isprintable() else " " for c in str(value)[: 4 * TITLE_CHARS])
    text = " ".join(text.split())
    return text if len(text) <= TITLE_CHARS else text[: TITLE_CHARS - 1] + "…"


def multi_line(value: object) -> str:
    """Return foreign text with its line breaks and without other control characters."""
    lines = str(value).replace("\r\n", "\n").split("\n")
    kept = ("".join(c if c.isprintable() else " " for c in line).rstrip() for line in lines)
    return "\n".join(kept).strip("\n")


def local_time(value: Any, reader: MessageReader) -> str:
    """Return a time (datetime or RFC 3339 text) on the reader's clock; anything else as it is."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        zone = reader.zone if reader.zone in time_zone_names() else "UTC"
        local = at.astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError):
        return one_line(value)
    return f"{local:%Y-%m-%d %H:%M:%S} {zone}"


AHEAD, AGO = ("in {}", "{}后"), ("{} ago", "{}前")
IN_BRACKETS = (" ({})", "（{}）")


def relative_time(value: Any, reader: MessageReader) -> str:
    """Return how far a time is from now in words, "" if it is none or now is not known."""
    if reader.now is None:
        return ""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        seconds = (at - reader.now).total_seconds()
    except (ValueError, OverflowError, TypeError):
        return ""
    words = reader.choose(AHEAD if seconds >= 0 else AGO)
    return words.format(duration_words(abs(seconds), reader))


def local_and_relative_time(value: Any, reader: MessageReader) -> str:
    """Return a time on the reader's clock, with how far away it is."""
    away = relative_time(value, reader)
    return local_time(value, reader) + (reader.choose(IN_BRACKETS).format(away) if away else "")


LENGTHS = (
    (timedelta(days=1), ("{} days", "{} 天"), ("1 day", "1 天")),
    (timedelta(hours=1), ("{} hours", "{} 小时"), ("1 hour", "1 小时")),
    (timedelta(minutes=1), ("{} minutes", "{} 分钟"), ("1 minute", "1 分钟")),
)
"""Units of time, the longest first."""

MIN_UNIT_COUNT = 3
"""The fewest of a unit that a duration is given in: 48 hours are not called 2 days."""


def duration_words(seconds: float, reader: MessageReader) -> str:
    """Return a duration in words, in the longest unit of which there are at least `FEW`."""
    spent = timedelta(seconds=min(max(seconds, 0), LONGEST.total_seconds()))
    for unit, many, one in LENGTHS:
        count = round(spent / unit)
        if spent >= MIN_UNIT_COUNT * unit or (unit == LENGTHS[-1][0]):
            return reader.choose(many).format(count) if count != 1 else reader.choose(one)
    raise AssertionError("the shortest unit fits always")
