"""Nagios and what descends from it: a notification command that posts macros.

https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/notifications.html
"""

from gateway.ingest.reading import checks
from gateway.ingest.reading.source import Delivery, Parsed, Source
from gateway.settings import Intake


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """One notification of a host or a service."""
    return checks.parse(delivery, "nagios")


SOURCE = Source("nagios", "Nagios", parse, {"": checks.Notification}, named_by=("/host", "/service"), doubt={"/type": "PROBLEM"})
