"""When people say that something began."""

from datetime import UTC, datetime, timedelta

from gateway.incidents.labels import LOCALES, Locale
from gateway.operations.create import LATE_ENTRY

AHEAD = timedelta(minutes=10)
"""How far clocks of people may be ahead of ours: what began then began now."""

SINCE = ("Since {} (told later)\n\n", "开始时间：{}（事后报告）\n\n")


def when_it_began(said: datetime | None, now: datetime, locale: Locale) -> tuple[datetime | None, str]:
    """When the incident occurred, None for now; a time that no record may have is a line for its description instead."""
    if said is None:
        return None, ""
    if now < said <= now + AHEAD:
        return now, ""
    if now - LATE_ENTRY <= said <= now:
        return said, ""
    try:
        written = f"{said.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        written = str(said)
    return None, SINCE[LOCALES.index(locale)].format(written)
