"""Nagios and its descendants: a notification command that posts macros.

https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/notifications.html
"""

from gateway.ingest.reading import checks
from gateway.ingest.reading.source import Delivery, Parsed, Source
from gateway.settings import Intake


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """Return the alert of one notification of a host or a service; raises Malformed."""
    return checks.parse(delivery, "nagios")


SOURCE = Source("nagios", "Nagios", parse, {"": checks.Notification}, named_by=("/host", "/service"), doubt={"/type": "PROBLEM"})
