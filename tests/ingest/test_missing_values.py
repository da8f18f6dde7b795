"""Values that are missing or unreadable are replaced by defaults.

In doubt an alert opens a record and is not refused.
"""

import json
from typing import Any

import msgspec
import pytest

from gateway.errors import Malformed, TooLarge
from gateway.ingest.reading.source import WebhookDelivery, parse_each
from gateway.ingest.sources import SOURCES
from gateway.quarantine import pointers
from gateway.quarantine.examples import load_examples
from gateway.settings import MOST_ITEMS, SourceSettings
from gateway.vocabulary import AlertStatus
from tests.ingest.reading.lenient_reading import mended, read
from tests.ingest.requests import BY_SLUG, NOW


def firing(slug: str) -> Any:
    return msgspec.json.decode(
        msgspec.json.encode(next(one.body for one in load_examples()[slug] if one.case == "firing"))
    )


@pytest.mark.parametrize("slug", [source.slug for source in SOURCES if source.values_if_unreadable])
def test_missing_state_is_read_as_firing(slug: str) -> None:
    for pointer, instead in BY_SLUG[slug].values_if_unreadable.items():
        body = firing(slug)
        for at, _ in list(pointers.find_places(body, pointers.parse_pointer(pointer))):
            del pointers.value_at(body, at[:-1])[at[-1]]
        parsed = read(slug, json.dumps(body).encode())
        assert [alert.status for _, alert in parsed.alerts] == [AlertStatus.FIRING], (
            pointer,
            instead,
        )


@pytest.mark.parametrize("slug", [source.slug for source in SOURCES if source.slug != "oncall"])
@pytest.mark.parametrize("body", [b"{}", b'{"alert":"disk full"}', b"[{}]"])
def test_body_without_identifying_fields_gives_no_alert(slug: str, body: bytes) -> None:
    try:
        parsed = read(slug, body)
    except Malformed:
        return
    assert not parsed.alerts


def test_boolean_heartbeat_status_is_not_read_as_number() -> None:
    body = firing("uptime_kuma")
    body["heartbeat"]["status"] = False
    parsed = read("uptime_kuma", json.dumps(body).encode())
    assert [alert.status for _, alert in parsed.alerts] == [AlertStatus.FIRING]
    assert "/heartbeat/status" in mended(parsed)


@pytest.mark.parametrize("odd", [None, 1e31, "DELETED"])
def test_unreadable_zabbix_tag_does_not_refuse_alert(odd: Any) -> None:
    body = firing("zabbix")
    body["tags"] = [
        {"tag": "service", "value": "crm"},
        {"value": "x"} if odd == "DELETED" else {"tag": odd, "value": "x"},
    ]
    parsed = read("zabbix", json.dumps(body).encode())
    assert [alert.status for _, alert in parsed.alerts] == [AlertStatus.FIRING]
    assert any(at.startswith("/tags") for at in mended(parsed))


@pytest.mark.parametrize("data", [[], [1, {"a": "b"}], 5, True, 1.5])
def test_non_object_cloudevent_data_becomes_description(data: Any) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "disk.full", "data": data}
    (alert,) = [alert for _, alert in read("cloudevents", msgspec.json.encode(event)).alerts]
    assert (alert.title, alert.description) == ("disk.full", msgspec.json.encode(data).decode())


@pytest.mark.parametrize(
    ("told", "text"),
    [(-1, "1970-01-01"), (1.5, ""), (5e20, ""), (True, ""), (1794960000, "2026-11-18")],
)
def test_odd_standard_webhook_timestamp_does_not_refuse_alert(told: Any, text: str) -> None:
    body = {"type": "disk.full", "timestamp": told, "data": {"severity": "critical"}}
    (alert,) = [alert for _, alert in read("standard_webhooks", msgspec.json.encode(body)).alerts]
    assert alert.severity == "critical"
    assert str(alert.event_time or "").startswith(text)


@pytest.mark.parametrize(
    ("item", "title", "source"),
    [
        ({"message": "db down\nat 10", "description": "x"}, "db down", "message"),
        ({"title": None, "description": " db down "}, "db down", "description"),
        ({"title": "  ", "message": "", "dedup_key": "db/1"}, "db/1", "dedup_key"),
    ],
)
def test_generic_alert_without_title_uses_other_field(
    item: dict[str, Any], title: str, source: str
) -> None:
    item = item | {"severity": "critical"}
    for body, at in ((item, "/title"), ([{"title": "fine"}, item], "/1/title")):
        parsed = read("generic", msgspec.json.encode(body))
        assert [alert.title for _, alert in parsed.alerts][-1] == title
        assert mended(parsed) == {at: f"read from {source}: title is missing or empty"}
    parsed = read(
        "generic",
        msgspec.json.encode({"alerts": [item]}),
        SourceSettings(mapping={"items": "/alerts"}),
    )
    assert [alert.title for _, alert in parsed.alerts] == [title]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, AlertStatus.FIRING),
        ({"incident": [], "muted": "?"}, AlertStatus.FIRING),
        ({"severity": "ok"}, AlertStatus.RESOLVED),
        ({"incident": False}, None),
    ],
)
def test_icinga_event_without_incident_flag_is_alert(said: Any, status: AlertStatus | None) -> None:
    body = {"tags": {"host": "db1"}, "severity": "crit", "name": "db1!disk"} | said
    parsed = read("icinga", json.dumps(body).encode())
    assert [alert.status for _, alert in parsed.alerts] == ([status] if status else [])
    assert [reason for _, reason in parsed.ignored] == ([] if status else ["no_incident"])


def test_items_beyond_maximum_raise_too_large_unread() -> None:
    seen: list[msgspec.Raw] = []
    items = [msgspec.Raw(b"{}")] * (MOST_ITEMS + 1)
    with pytest.raises(TooLarge, match="10001 items in one request: send at most 10000"):
        parse_each(WebhookDelivery({}, b"", NOW), items, "", seen.append)  # type: ignore[arg-type]
    assert not seen
