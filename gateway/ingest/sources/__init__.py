"""Every source there is, written out."""

from gateway.ingest.source import Source
from gateway.ingest.sources import alertmanager, alertmanager_v2, cloudevents, generic, pagerduty

SOURCES: tuple[Source, ...] = (
    alertmanager.SOURCE,
    alertmanager_v2.SOURCE,
    cloudevents.SOURCE,
    generic.SOURCE,
    pagerduty.SOURCE,
)
"""Sorted by slug, the name in the address."""
