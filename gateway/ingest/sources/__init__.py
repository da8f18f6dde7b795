"""Every source there is, written out."""

from gateway.ingest.source import Source
from gateway.ingest.sources import alertmanager, alertmanager_v2, generic

SOURCES: tuple[Source, ...] = (alertmanager.SOURCE, alertmanager_v2.SOURCE, generic.SOURCE)
"""Sorted by slug, the name in the address."""
