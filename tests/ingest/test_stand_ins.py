"""What stands in for a value that is missing, or cannot be read and left out: doubt opens a record, and refuses none."""

import json
from typing import Any

import msgspec
import pytest

from gateway.errors import Malformed, TooLarge
from gateway.ingest.reading.source import Delivery, each
from gateway.ingest.sources import SOURCES
from gateway.quarantine import pointers
from gateway.quarantine.examples import shipped
from gateway.settings import MOST_ITEMS, Intake
from gateway.vocabulary import AlertStatus
from tests.ingest.reading.test_lenient import mended, read
from tests.ingest.requests import BY_SLUG, NOW


def firing(slug: str) -> Any:
    return msgspec.json.decode(msgspec.json.encode(next(one.body for one in shipped()[slug] if one.case == "firing")))


@pytest.mark.parametrize("slug", [source.slug for source in SOURCES if source.doubt])
def test_a_state_that_is_missing_fires_as_one_that_cannot_be_read(slug: str) -> None:
    for pointer, instead in BY_SLUG[slug].doubt.items():
        body = firing(slug)
        for at, _ in list(pointers.places(body, pointers.steps(pointer))):
            del pointers.found(body, at[:-1])[at[-1]]
        parsed = read(slug, json.dumps(body).encode())
        assert [alert.status for _, alert in parsed.alerts] == [AlertStatus.FIRING], (pointer, instead)


@pytest.mark.parametrize("slug", [source.slug for source in SOURCES if source.slug != "oncall"])
@pytest.mark.parametrize("body", [b"{}", b'{"alert":"disk full"}', b"[{}]"])
def test_what_names_no_alert_is_refused_whatever_stands_in_for_the_rest(slug: str, body: bytes) -> None:
    try:
        parsed = read(slug, body)
    except Malformed:
        return
    assert not parsed.alerts


def test_a_truth_is_no_number_where_a_number_stands_in_for_it() -> None:
    body = firing("uptime_kuma")
    body["heartbeat"]["status"] = False
    parsed = read("uptime_kuma", json.dumps(body).encode())
    assert [alert.status for _, alert in parsed.alerts] == [AlertStatus.FIRING]
    assert "/heartbeat/status" in mended(parsed)


@pytest.mark.parametrize("odd", [None, 1e31, "DELETED"])
def test_a_tag_that_cannot_be_read_refuses_no_alert(odd: Any) -> None:
    body = firing("zabbix")
    body["tags"] = [{"tag": "service", "value": "crm"}, {"value": "x"} if odd == "DELETED" else {"tag": odd, "value": "x"}]
    parsed = read("zabbix", json.dumps(body).encode())
    assert [alert.status for _, alert in parsed.alerts] == [AlertStatus.FIRING]
    assert any(at.startswith("/tags") for at in mended(parsed))


@pytest.mark.parametrize("data", [[], [1, {"a": "b"}], 5, True, 1.5])
def test_the_data_of_a_cloudevent_that_is_no_object_is_its_description(data: Any) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "disk.full", "data": data}
    (alert,) = [alert for _, alert in read("cloudevents", msgspec.json.encode(event)).alerts]
    assert (alert.title, alert.description) == ("disk.full", msgspec.json.encode(data).decode())


@pytest.mark.parametrize(("told", "text"), [(-1, "1970-01-01"), (1.5, ""), (5e20, ""), (True, ""), (1794960000, "2026-11-18")])
def test_the_time_of_a_standard_webhook_refuses_nothing(told: Any, text: str) -> None:
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
def test_a_generic_alert_without_a_title_takes_what_it_has(item: dict[str, Any], title: str, source: str) -> None:
    item = item | {"severity": "critical"}
    for body, at in ((item, "/title"), ([{"title": "fine"}, item], "/1/title")):
        parsed = read("generic", msgspec.json.encode(body))
        assert [alert.title for _, alert in parsed.alerts][-1] == title
        assert mended(parsed) == {at: f"read from {source}: title is missing or empty"}
    parsed = read("generic", msgspec.json.encode({"alerts": [item]}), Intake(mapping={"items": "/alerts"}))
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
def test_an_event_of_icinga_that_says_nothing_of_incidents_is_an_alert(said: Any, status: AlertStatus | None) -> None:
    body = {"tags": {"host": "db1"}, "severity": "crit", "name": "db1!disk"} | said
    parsed = read("icinga", json.dumps(body).encode())
    assert [alert.status for _, alert in parsed.alerts] == ([status] if status else [])
    assert [reason for _, reason in parsed.ignored] == ([] if status else ["no_incident"])


def test_more_items_than_any_gateway_takes_are_not_looked_at() -> None:
    seen: list[msgspec.Raw] = []
    with pytest.raises(TooLarge, match="10001 items in one request: send at most 10000"):
        each(Delivery({}, b"", NOW), [msgspec.Raw(b"{}")] * (MOST_ITEMS + 1), "", seen.append)  # type: ignore[arg-type]
    assert not seen
