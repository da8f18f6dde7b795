from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed, TooLarge
from gateway.incidents.model import AlertStatus
from gateway.ingest.source import Delivery, Parsed
from gateway.ingest.sources import SOURCES
from gateway.ingest.sources.alertmanager import fingerprint
from gateway.settings import Intake

NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["title", "alerts", "labels", "status", "links", "startsAt", "x"]), inner)
    ),
)


def read(slug: str, body: object, intake: Intake | None = None) -> Parsed:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return SOURCES[slug].parse(Delivery({"webhook-id": "m1"}, raw, NOW), intake or Intake())


@pytest.mark.parametrize("slug", sorted(SOURCES))
@given(body=st.binary() | JSON)
def test_garbage_is_refused_and_nothing_else_is_ever_raised(slug: str, body: object) -> None:
    try:
        parsed = read(slug, body)
    except (Malformed, TooLarge) as refusal:
        assert refusal.flaws  # noqa: PT017
        return
    assert read(slug, body) == parsed
    for _, alert in parsed.alerts:
        msgspec.json.encode(alert)


@pytest.mark.parametrize("slug", sorted(SOURCES))
@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 100_000, b'{"title": NaN}', b'{"title":1e999}', '{"title":"x"}'.encode("utf-16"),
     b'{"title":"x","occurred_at":1e18}', b'{"title":"x","occurred_at":"10000-01-01T00:00:00Z"}', b"", b"\xff",
     b'{"title":"\\ud800"}', b'{"title":"x","dedup_key":' + b"9" * 5000 + b"}", b'{"title":"x","y":' + b"[" * 40 + b"]" * 40 + b"}"],  # noqa: E501
)  # fmt: skip
def test_the_known_traps_refuse_the_body_or_the_item(slug: str, body: bytes) -> None:
    try:
        assert not read(slug, body).alerts or b"ud800" in body or b"999" in body
    except (Malformed, TooLarge) as refusal:
        assert refusal.flaws  # noqa: PT017


def test_the_fingerprint_is_the_one_prometheus_computes() -> None:
    assert fingerprint({}) == f"{14695981039346656037:016x}"
    assert fingerprint({"name": "garland, briggs", "fear": "love is not enough"}) == f"{5799056148416392346:016x}"
    assert fingerprint({"first-label": "first-label-value"}) == f"{5146282821936882169:016x}"


LABELS = {"alertname": "Down", "severity": "critical", "service": "web", "instance": "h1"}


def test_a_webhook_and_a_post_of_the_same_alert_share_key_and_occurrence() -> None:
    item = {"labels": LABELS, "startsAt": "2026-11-21T04:59:00.123456789Z", "endsAt": "0001-01-01T00:00:00Z"}
    told = read(
        "alertmanager",
        {
            "version": "4",
            "truncatedAlerts": 3,
            "status": "resolved",
            "alerts": [item | {"status": "firing", "fingerprint": fingerprint(LABELS), "generatorURL": "javascript:x"}],
        },
    )
    ((_, one),), ((_, two),) = told.alerts, read("alertmanager_v2", [item]).alerts
    assert (one.namespace, one.dedup_key, one.occurrence) == (two.namespace, two.dedup_key, two.occurrence)
    assert told.lost == 3
    assert told.delivery_id == "m1"
    assert one.links == ()
    assert one.status is AlertStatus.FIRING
    assert (two.ends_at, one.ends_at, one.title, one.ci) == (NOW + timedelta(minutes=5), None, "Down", "h1")


def test_a_post_that_has_ended_is_resolved_and_its_bad_neighbours_are_refused_alone() -> None:
    bad = [
        {"labels": {}},
        {"labels": {"": "x"}},
        {"labels": {"a": 1}},
        {"labels": LABELS, "startsAt": "2026-11-21T04:00:00Z", "endsAt": "2026-11-21T03:00:00Z"},
    ]
    parsed = read("alertmanager_v2", [*bad, {"labels": LABELS, "endsAt": "2026-11-21T04:00:00+00:00"}])
    assert [(i, a.status) for i, a in parsed.alerts] == [(4, AlertStatus.RESOLVED)]
    assert [r.item for r in parsed.rejected] == [0, 1, 2, 3]
    assert parsed.rejected[2].pointer.startswith("/2/labels")


def test_a_generic_fire_and_clear_share_a_key() -> None:
    parsed = read("generic", [{"title": "Disk"}, {"title": "Disk", "status": "OK", "odd": 1}, {"title": 5}, {"status": "up"}])
    (_, fire), (_, clear) = parsed.alerts
    assert fire.dedup_key == clear.dedup_key
    assert fire.dedup_key.startswith("auto:")
    assert clear.status is AlertStatus.RESOLVED
    assert [(r.item, r.pointer) for r in parsed.rejected] == [(2, "/2/title"), (3, "/3")]


def test_a_mapping_reads_a_foreign_body() -> None:
    intake = Intake(mapping={"items": "/alerts", "title": "/data/name", "status": "/state"})
    parsed = read("generic", {"alerts": [{"data": {"name": "Disk"}, "state": "recovered", "service": "db"}]}, intake)
    ((_, alert),) = parsed.alerts
    assert (alert.title, alert.status, alert.service) == ("Disk", AlertStatus.RESOLVED, "db")
