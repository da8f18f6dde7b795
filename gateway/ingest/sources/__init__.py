"""Every source there is, written out."""

from gateway.ingest.source import Source
from gateway.ingest.sources import (
    alertmanager,
    alertmanager_v2,
    azure,
    cloudevents,
    cloudwatch,
    generic,
    github,
    google_cloud,
    grafana,
    pagerduty,
    sentry,
    standard_webhooks,
)

SOURCES: tuple[Source, ...] = (
    alertmanager.SOURCE,
    alertmanager_v2.SOURCE,
    azure.SOURCE,
    cloudevents.SOURCE,
    cloudwatch.SOURCE,
    generic.SOURCE,
    github.SOURCE,
    google_cloud.SOURCE,
    grafana.SOURCE,
    pagerduty.SOURCE,
    sentry.SOURCE,
    standard_webhooks.SOURCE,
)
"""Sorted by slug, the name in the address."""
