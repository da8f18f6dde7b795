"""The time at which people say that an incident began."""

from datetime import UTC, datetime, timedelta

from gateway.incidents.labels import LOCALES, Locale
from gateway.operations.create import LATE_ENTRY

CLOCK_LEAD = timedelta(minutes=10)
"""Allowed lead of people's clocks: a beginning that is not further ahead counts as now."""

SINCE = ("Since {} (told later)\n\n", "开始时间：{}（事后报告）\n\n")


def split_occurrence_time(
    said: datetime | None, now: datetime, locale: Locale
) -> tuple[datetime | None, str]:
    """Return the time of occurrence, None for now, and a line for the description.

    A time that no record may have is not returned as time, but written in that line.
    """
    if said is None:
        return None, ""
    if now < said <= now + CLOCK_LEAD:
        return now, ""
    if now - LATE_ENTRY <= said <= now:
        return said, ""
    try:
        written = f"{said.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        written = str(said)
    return None, SINCE[LOCALES.index(locale)].format(written)
