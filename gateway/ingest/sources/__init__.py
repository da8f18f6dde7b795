"""Every source there is, written out."""

from gateway.ingest.source import Source
from gateway.ingest.sources import (
    alertmanager,
    alertmanager_v2,
    cloudevents,
    datadog,
    dynatrace,
    elastic,
    generic,
    healthchecks,
    icinga,
    nagios,
    newrelic,
    pagerduty,
    splunk,
    uptime_kuma,
    zabbix,
)

SOURCES: tuple[Source, ...] = (
    alertmanager.SOURCE,
    alertmanager_v2.SOURCE,
    cloudevents.SOURCE,
    datadog.SOURCE,
    dynatrace.SOURCE,
    elastic.SOURCE,
    generic.SOURCE,
    healthchecks.SOURCE,
    icinga.SOURCE,
    nagios.SOURCE,
    newrelic.SOURCE,
    pagerduty.SOURCE,
    splunk.SOURCE,
    uptime_kuma.SOURCE,
    zabbix.SOURCE,
)
"""Sorted by slug, the name in the address."""
