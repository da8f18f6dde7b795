"""Every source there is, written out."""

from gateway.ingest.source import Source
from gateway.ingest.sources import (
    alertmanager,
    alertmanager_v2,
    cloudevents,
    generic,
    goalert,
    grafana_legacy,
    oncall,
    opsgenie,
    pagerduty,
    pagerduty_v1,
)

SOURCES: tuple[Source, ...] = (
    alertmanager.SOURCE,
    alertmanager_v2.SOURCE,
    cloudevents.SOURCE,
    generic.SOURCE,
    goalert.SOURCE,
    grafana_legacy.SOURCE,
    oncall.SOURCE,
    opsgenie.SOURCE,
    pagerduty.SOURCE,
    pagerduty_v1.SOURCE,
)
"""Sorted by slug, the name in the address."""
