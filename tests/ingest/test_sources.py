from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.ingest.reading import limits
from gateway.ingest.reading.prometheus import fingerprint
from gateway.ingest.reading.source import ID_HEADERS, WebhookDelivery, delivery_id
from gateway.ingest.sources import SOURCES
from gateway.ingest.sources.pagerduty import routing_key
from gateway.ingest.sources.pagerduty_v1 import service_key
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus
from tests.ingest.any_json import JSON
from tests.ingest.requests import CASES, FIXTURES, NOW, read, replayed

SLUGS = [source.slug for source in SOURCES]

SOURCE = {source.slug: source for source in SOURCES}

TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40
)


@pytest.mark.parametrize("case", CASES)
def test_request_is_read_as_fixture_expects(case: str) -> None:
    assert replayed(case) == msgspec.json.decode((FIXTURES / case / "expected.json").read_bytes())


def bodies(slug: str, name: str, service: str) -> tuple[object, object]:
    """Return the firing and the resolved body of one alert in the format of a source."""
    labels, key = (
        {"alertname": name, "service": service},
        fingerprint({"alertname": name, "service": service}),
    )
    told = {"labels": labels, "fingerprint": key, "startsAt": "2026-11-21T04:00:00Z"}
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": service,
        "type": name,
        "time": "2026-11-21T04:00:00Z",
    }
    page = {"dedup_key": name, "payload": {"summary": "s", "component": service}}
    return {
        "alertmanager": (
            {"alerts": [told | {"status": "firing"}]},
            {"alerts": [told | {"status": "resolved"}]},
        ),
        "alertmanager_v2": (
            [{"labels": labels}],
            [{"labels": labels, "endsAt": "2026-11-21T04:30:00Z"}],
        ),
        "cloudevents": (event, event | {"id": "2", "data": {"status": "cleared"}}),
        "generic": (
            {"title": "t", "labels": labels, "status": "open"},
            {"title": "t", "labels": labels, "status": "ok"},
        ),
        "opsgenie": ({"message": "s", "alias": name}, {"action": "close", "alias": name}),
        "pagerduty": (page | {"event_action": "trigger"}, page | {"event_action": "resolve"}),
    }[slug]


@pytest.mark.parametrize(
    "slug", ["alertmanager", "alertmanager_v2", "cloudevents", "generic", "opsgenie", "pagerduty"]
)
@given(name=TEXT, service=TEXT)
def test_firing_and_resolved_share_stable_dedup_key(slug: str, name: str, service: str) -> None:
    fire, clear = bodies(slug, name, service)
    ((_, one),), ((_, two),) = read(slug, fire).alerts, read(slug, clear).alerts
    assert (one.namespace, one.dedup_key) == (two.namespace, two.dedup_key)
    assert (one.status, two.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert read(slug, fire) == read(slug, fire)


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=40)
@given(body=st.binary() | JSON)
def test_garbage_is_read_stably_or_malformed(slug: str, body: object) -> None:
    try:
        parsed = read(slug, body)
    except Malformed as refusal:
        assert refusal.flaws  # noqa: PT017
        return
    assert read(slug, body) == parsed
    for _, alert in parsed.alerts:
        msgspec.json.encode(alert)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 100_000, b'{"title": NaN}', b'{"title":1e999}',
     '{"title":"x"}'.encode("utf-16"), b'{"title":"x","occurred_at":1e21}',
     b'{"title":"x","occurred_at":"10000-01-01T00:00:00Z"}', b"", b"\xff", b'{"title":"\\ud800"}',
     b'{"title":"x","dedup_key":' + b"9" * 5000 + b"}",
     b'{"title":"x","y":' + b"[" * 40 + b"]" * 40 + b"}"],
)  # fmt: skip
def test_known_hostile_bodies_are_refused(slug: str, body: bytes) -> None:
    try:
        timeless = slug == "oncall" and b"occurred_at" in body
        assert not read(slug, body).alerts or b"ud800" in body or b"999" in body or timeless
    except Malformed as refusal:
        assert refusal.flaws  # noqa: PT017


def test_fingerprint_matches_prometheus() -> None:
    assert fingerprint({}) == f"{14695981039346656037:016x}"
    assert (
        fingerprint({"name": "garland, briggs", "fear": "love is not enough"})
        == f"{5799056148416392346:016x}"
    )
    assert fingerprint({"first-label": "first-label-value"}) == f"{5146282821936882169:016x}"


LABELS = {"alertname": "Down", "severity": "critical", "service": "web", "instance": "h1"}


def test_alertmanager_webhook_and_post_share_key_and_occurrence() -> None:
    item = {
        "labels": LABELS,
        "startsAt": "2026-11-21T04:59:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }
    told = read(
        "alertmanager",
        {
            "version": "4",
            "truncatedAlerts": 3,
            "status": "resolved",
            "alerts": [
                item
                | {
                    "status": "firing",
                    "fingerprint": fingerprint(LABELS),
                    "generatorURL": "javascript:x",
                }
            ],
        },
    )
    ((_, one),), ((_, two),) = told.alerts, read("alertmanager_v2", [item]).alerts
    assert (one.namespace, one.dedup_key, one.occurrence) == (
        two.namespace,
        two.dedup_key,
        two.occurrence,
    )
    assert told.lost == 3
    assert told.delivery_id == "m1"
    assert one.links == ()
    assert one.status is AlertStatus.FIRING
    assert (two.ends_at, one.ends_at, one.title, one.ci) == (
        NOW + timedelta(minutes=5),
        None,
        "Down",
        "h1",
    )


@pytest.mark.parametrize("slug", ["alertmanager", "grafana"])
@pytest.mark.parametrize(("told", "lost"), [(3, 3), (-1, 0), (10**25, 2**31 - 1)])
def test_truncated_alert_count_is_bounded(slug: str, told: int, lost: int) -> None:
    item = {
        "labels": LABELS,
        "status": "firing",
        "startsAt": "2026-11-21T04:59:00Z",
        "fingerprint": "a",
    }
    assert (
        read(slug, {"alerts": [item], "truncatedAlerts": told, "orgId": 1, "status": "firing"}).lost
        == lost
    )


def test_ended_post_is_resolved_and_bad_items_are_refused_alone() -> None:
    bad = [
        {"labels": {}},
        {"labels": {"": "x"}},
        {"labels": {"a": 1}},
        {"labels": LABELS, "startsAt": "2026-11-21T04:00:00Z", "endsAt": "2026-11-21T03:00:00Z"},
    ]
    parsed = read(
        "alertmanager_v2", [*bad, {"labels": LABELS, "endsAt": "2026-11-21T04:00:00+00:00"}]
    )
    assert [(i, a.status) for i, a in parsed.alerts] == [(4, AlertStatus.RESOLVED)]
    assert [r.item for r in parsed.refused] == [0, 1, 2, 3]
    assert parsed.refused[2].pointer.startswith("/2/labels")


def test_generic_firing_and_resolved_share_auto_key() -> None:
    parsed = read(
        "generic",
        [
            {"title": "Disk"},
            {"title": "Disk", "status": "OK", "odd": 1},
            {"title": 5},
            {"status": "up"},
        ],
    )
    (_, fire), (_, clear) = parsed.alerts
    assert fire.dedup_key == clear.dedup_key
    assert fire.dedup_key.startswith("auto:")
    assert clear.status is AlertStatus.RESOLVED
    assert [(r.item, r.pointer) for r in parsed.refused] == [(2, "/2/title"), (3, "/3/title")]


def test_mapping_reads_foreign_body() -> None:
    intake = SourceSettings(mapping={"items": "/alerts", "title": "/data/name", "status": "/state"})
    parsed = read(
        "generic",
        {"alerts": [{"data": {"name": "Disk"}, "state": "recovered", "service": "db"}]},
        intake,
    )
    ((_, alert),) = parsed.alerts
    assert (alert.title, alert.status, alert.service) == ("Disk", AlertStatus.RESOLVED, "db")


def test_mapping_reads_list_items_and_missing_values_are_empty() -> None:
    intake = SourceSettings(
        mapping={"title": "/names/1", "service": "/names/9", "ci": "/names/1/deeper"}
    )
    ((_, alert),) = read("generic", {"names": ["a", "b"]}, intake).alerts
    assert (alert.title, alert.service, alert.ci) == ("b", "", "")
    with pytest.raises(Malformed) as refused:
        read("generic", {"alerts": []}, SourceSettings(mapping={"items": "/events"}))
    assert refused.value.flaws[0].pointer == "/events"


def test_overlong_pagerduty_fields_are_refused_at_their_pointers() -> None:
    event = {"event_action": "trigger", "dedup_key": "k" * 256, "payload": {"summary": "s" * 1_025}}
    with pytest.raises(Malformed) as refused:
        read("pagerduty", event)
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/dedup_key", "/payload/summary"]


@pytest.mark.parametrize(("data", "description"), [(None, ""), ("it is full", "it is full")])
def test_cloudevent_data_may_be_null_or_text(data: str | None, description: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "disk.full", "data": data}
    assert [alert.description for _, alert in read("cloudevents", event).alerts] == [description]


def test_binary_cloudevent_without_body_is_read() -> None:
    headers = {"ce-id": "1", "ce-source": "s", "ce-type": "disk.full", "ce-specversion": "1.0"}
    parsed = SOURCE["cloudevents"].parse(WebhookDelivery(headers, b"", NOW), SourceSettings())
    assert [alert.title for _, alert in parsed.alerts] == ["disk.full"]


@pytest.mark.parametrize("slug", SLUGS)
def test_too_deep_nesting_is_refused(slug: str) -> None:
    with pytest.raises(Malformed, match="deeper than 32"):
        read(slug, b"[" * 33 + b"]" * 33)


@pytest.mark.parametrize(
    "told", ["2026-11-21T04:00:00Z", "2026-11-21t12:00:00+08:00", 1795233600, 1795233600000]
)
def test_time_is_read_in_utc(told: str | int) -> None:
    assert limits.parse_event_time(told, NOW) == datetime(2026, 11, 21, 4, tzinfo=UTC)


def test_future_time_is_clamped_and_zero_time_is_none() -> None:
    assert limits.parse_event_time("2099-01-01T00:00:00Z", NOW) == NOW + timedelta(minutes=5)
    assert limits.parse_event_time(0, NOW) == datetime(1970, 1, 1, tzinfo=UTC)
    assert limits.parse_event_time("0001-01-01T00:00:00Z", NOW) is None
    with pytest.raises(Malformed, match="not a time"):
        limits.parse_event_time("soon", NOW)


def test_escaped_backslash_before_u0000_is_not_nul() -> None:
    assert limits.decode(b'"\\\\u0000"', str) == "\\u0000"
    with pytest.raises(Malformed, match="NUL"):
        limits.decode(b'"\\u0000"', str)


@pytest.mark.parametrize("name", ID_HEADERS)
def test_delivery_id_comes_from_sender_header(name: str) -> None:
    assert delivery_id({name: "m1"}) == "m1"
    assert len(delivery_id({name: "m" * 9000}) or "") == 71
    assert delivery_id({}) is None


def test_pagerduty_trigger_without_key_gets_stable_key_from_content() -> None:
    body = {"event_action": "trigger", "payload": {"summary": "s"}}
    ((_, one),), ((_, again),) = read("pagerduty", body).alerts, read("pagerduty", body).alerts
    assert one.dedup_key == again.dedup_key
    assert read("pagerduty", body | {"client": "x"}).alerts[0][1].dedup_key != one.dedup_key


@pytest.mark.parametrize(
    ("details", "service"),
    [({"service": " shop "}, "shop"), ({"service": None}, "db"), ([1], "db"), (None, "db")],
)
def test_pagerduty_client_is_label_and_not_service(details: object, service: str) -> None:
    payload = {"summary": "s", "component": "db", "custom_details": details}
    ((_, one),) = read(
        "pagerduty", {"event_action": "trigger", "payload": payload, "client": "Checkmk"}
    ).alerts
    assert (one.service, one.labels["client"]) == (service, "Checkmk")
    first = {"event_type": "trigger", "description": "s", "details": details, "client": "Checkmk"}
    ((_, one),) = read("pagerduty_v1", first).alerts
    assert (one.service, one.labels["client"]) == (service.replace("db", ""), "Checkmk")


@pytest.mark.parametrize(
    ("body", "key"),
    [(b'{"routing_key":"r"}', "r"), (b"{}", None), (b"[", None), (b'{"routing_key":1}', None)],
)
def test_routing_key_is_extracted_or_none(body: bytes, key: str | None) -> None:
    assert routing_key(body) == key
    assert service_key(body.replace(b"routing", b"service")) == key


def test_mended_cloudevent_has_other_delivery_id_than_refused_one() -> None:
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    bad, good = (
        read("cloudevents", event | {"data": {"title": 5}}),
        read("cloudevents", event | {"data": {"title": "5"}}),
    )
    assert bad.refused[0].body == msgspec.json.encode(event | {"data": {"title": 5}})
    assert bad.delivery_id != good.delivery_id == read("cloudevents", event).delivery_id
