"""What `python -m gateway check` says of policies and calendars."""

from datetime import datetime, timedelta

from gateway import settings
from gateway.sla.calendars import read_calendars
from gateway.sla.policies import read_policies

AHEAD = timedelta(days=366)
"""How far ahead holidays should be known."""


def notes_on(sla: settings.Sla, now: datetime) -> list[str]:
    """What somebody should know who uses this configuration; raises Misconfigured for what cannot be used."""
    read_policies(sla)
    calendars, _ = read_calendars(sla.calendars)
    return [
        f"calendar {name}: the holidays of {year} are not published yet, its make-up days are not counted on"
        for name, calendar in calendars.items()
        for year in calendar.unpublished(now, now + AHEAD)
    ]
