"""Every source there is, written out."""

from gateway.ingest.source import Source
from gateway.ingest.sources import alertmanager, alertmanager_v2, cloudevents, generic, opsgenie, pagerduty

SOURCES: tuple[Source, ...] = (
    alertmanager.SOURCE,
    alertmanager_v2.SOURCE,
    cloudevents.SOURCE,
    generic.SOURCE,
    opsgenie.SOURCE,
    pagerduty.SOURCE,
)
"""Sorted by slug, the name in the address."""
