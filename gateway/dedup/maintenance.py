"""Maintenance windows: the planned work that an alert falls into, and its end. Pure.

A window is either one span (`start` to `end`) or recurs: an RRULE (RFC 5545) over wall-clock
starts in a time zone, each lasting `duration` of elapsed time. A start that the zone's clocks
skip is taken an hour later; of one that occurs twice, the first is taken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from gateway.incidents.alert import Alert
from gateway.settings import MaintenanceSettings

SLACK = timedelta(hours=3)
"""A margin larger than any change of a zone's clocks, so that no start near a change is missed."""


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """A configured maintenance window."""

    settings: MaintenanceSettings

    def end_at(self, now: datetime) -> datetime | None:
        """Return the end of the occurrence that contains `now`, or None.

        The start belongs to an occurrence, the end does not.
        """
        ends = [
            start + length for start, length in self._near(now) if start <= now < start + length
        ]
        return max(ends, default=None)

    def covers(self, alert: Alert, source: str) -> bool:
        """Return whether all matchers of the window equal the alert's values."""
        return all(
            _field(alert, source, name) == value for name, value in self.settings.match.items()
        )

    def _near(self, now: datetime) -> Iterable[tuple[datetime, timedelta]]:
        window = self.settings
        if window.rrule is None or window.duration is None:
            return [(window.start, window.end - window.start)] if window.end is not None else []
        zone = ZoneInfo(window.zone)
        rule = rrulestr(window.rrule, dtstart=window.start.astimezone(zone).replace(tzinfo=None))
        here = now.astimezone(zone).replace(tzinfo=None)
        starts = rule.between(here - window.duration - SLACK, here + SLACK, inc=True)
        return [(start.replace(tzinfo=zone).astimezone(UTC), window.duration) for start in starts]


def suppressed_until(
    windows: Iterable[MaintenanceWindow], alert: Alert, source: str, now: datetime
) -> tuple[datetime, str] | None:
    """Return the latest end of the windows that suppress the alert now, with the window's name.

    Returns None if there is no such window.
    """
    ends = [
        (end, w.settings.name)
        for w in windows
        if w.covers(alert, source) and (end := w.end_at(now)) is not None
    ]
    return max(ends, default=None)


def _field(alert: Alert, source: str, name: str) -> str:
    fields: Mapping[str, str] = {"service": alert.service, "ci": alert.ci, "source": source}
    return (
        alert.labels.get(name.removeprefix("labels."), "")
        if name.startswith("labels.")
        else fields.get(name, "")
    )
