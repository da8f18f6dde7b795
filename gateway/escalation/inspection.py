"""The notes of `python -m gateway check` on clocks, calendars and escalation. Pure."""

from datetime import datetime, timedelta

from gateway.escalation.sla_rules import SlaRules
from gateway.settings import Settings
from gateway.sla.calendars import read_calendars

AHEAD = timedelta(days=366)
"""The time ahead for which holidays should be known."""


def configuration_notes(settings: Settings, now: datetime) -> list[str]:
    """Return notes on a configuration for its users; raise Misconfigured if it cannot be used."""
    SlaRules.from_settings(settings)
    calendars, _ = read_calendars(settings.sla.calendars)
    return [
        f"calendar {name}: the holidays of {year} are not published yet, "
        "its make-up days are not counted on"
        for name, calendar in calendars.items()
        for year in calendar.unpublished(now, now + AHEAD)
    ]
