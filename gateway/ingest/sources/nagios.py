"""Nagios and its descendants: a notification command that posts macros.

https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/notifications.html
"""

from gateway.ingest.reading import checks
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.settings import SourceSettings


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one notification of a host or a service; raises Malformed."""
    return checks.parse(delivery, "nagios")


SOURCE = Source(
    "nagios",
    "Nagios",
    parse,
    {"": checks.CheckNotification},
    identity_pointers=("/host", "/service"),
    values_if_unreadable={"/type": "PROBLEM"},
)
