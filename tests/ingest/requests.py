from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from gateway.errors import Malformed
from gateway.ingest.reading.source import ParsedDelivery, WebhookDelivery
from gateway.ingest.sources import SOURCES
from gateway.settings import SourceSettings

NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(str(path.parent.relative_to(FIXTURES)) for path in FIXTURES.glob("*/*/request.http"))
SELDOM = {"author", "note", "by_arrival"}
"""Members of an alert that `expected.json` holds only where they are not empty."""
BY_SLUG = {source.slug: source for source in SOURCES}


def read(
    slug: str, body: object, intake: SourceSettings | None = None, **headers: str
) -> ParsedDelivery:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    told = {"webhook-id": "m1"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return BY_SLUG[slug].parse(WebhookDelivery(told, raw, NOW), intake or SourceSettings())


def replayed(case: str) -> dict[str, Any]:
    """Return the result of reading the request of a fixture, in plain JSON values."""
    folder = FIXTURES / case
    head, _, body = (folder / "request.http").read_bytes().partition(b"\n\n")
    pairs = (line.partition(": ") for line in head.decode().splitlines()[1:])
    told = folder / "intake.json"
    intake = (
        msgspec.json.decode(told.read_bytes(), type=SourceSettings)
        if told.exists()
        else SourceSettings()
    )
    query = dict(parse_qsl(urlsplit(head.decode().split(" ")[1]).query))
    delivery = WebhookDelivery(
        {name.lower(): value for name, _, value in pairs}, body.removesuffix(b"\n"), NOW, query
    )
    try:
        parsed = BY_SLUG[case.partition("/")[0]].parse(delivery, intake)
    except Malformed as error:
        return {"malformed": error.detail, "flaws": list(msgspec.to_builtins(error.flaws))}
    refused = [
        (one.item, one.problem, one.pointer, msgspec.json.decode(one.body))
        for one in parsed.refused
    ]
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(parsed))
    plain = {
        name: value
        for name, value in plain.items()
        if value or name not in {"accounts", "confirm", "mended"}
    }
    for _, alert in plain["alerts"]:
        for name in SELDOM & {name for name, value in alert.items() if not value}:
            del alert[name]
    return plain | {"refused": [list(one) for one in refused]}
