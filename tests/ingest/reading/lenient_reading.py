"""Functions by which the tests read a body leniently."""

from datetime import datetime
from typing import Any

import msgspec

from gateway.ingest.reading.lenient import read_leniently
from gateway.ingest.reading.source import ParsedDelivery, WebhookDelivery
from gateway.settings import SourceSettings
from tests.ingest.requests import BY_SLUG, NOW


def read(
    slug: str,
    body: bytes,
    intake: SourceSettings | None = None,
    charset: str = "",
    received_at: datetime = NOW,
) -> ParsedDelivery:
    headers = {"content-type": f"application/json; charset={charset}"} if charset else {}
    return read_leniently(
        BY_SLUG[slug], intake or SourceSettings(), (), WebhookDelivery(headers, body, received_at)
    )


def generic(**fields: Any) -> bytes:
    return msgspec.json.encode(
        {"title": "payments down", "severity": "critical", "dedup_key": "pay"} | fields
    )


def mended(parsed: ParsedDelivery) -> dict[str, str]:
    return {one.pointer: one.what for one in parsed.mended}


def event(**payload: Any) -> bytes:
    told = {"summary": "payments down", "source": "pay-1", "severity": "critical"} | payload
    return msgspec.json.encode({"event_action": "trigger", "dedup_key": "k", "payload": told})
