"""Every source, by the name in its address."""

from gateway.ingest.source import Source
from gateway.ingest.sources.alertmanager import API_V2, WEBHOOK
from gateway.ingest.sources.generic import GENERIC

SOURCES: dict[str, Source] = {source.slug: source for source in (WEBHOOK, API_V2, GENERIC)}
