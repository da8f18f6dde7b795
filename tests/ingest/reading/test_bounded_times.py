"""A time that was brought within bounds is reported on the receipt."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.incidents.alert import NEWEST, Alert
from gateway.ingest.reading.bounded_times import (
    MOST,
    describe_future_time,
    find_cut_times,
    is_bounded,
)
from gateway.ingest.reading.lenient import read_leniently
from gateway.ingest.reading.source import WebhookDelivery
from gateway.quarantine.examples import load_examples
from gateway.receipts.mended import RepairedValue
from gateway.settings import SourceSettings
from gateway.timing.instants import EARLIEST, LATEST
from gateway.vocabulary import AlertStatus
from tests.ingest.reading.lenient_reading import event, generic, mended, read
from tests.ingest.requests import BY_SLUG, NOW

AHEAD = f"the time lies ahead of the gateway's clock: read as {NOW + NEWEST:%Y-%m-%dT%H:%M:%SZ}"
BEYOND = "a time lies between 1970-01-01 and 2200-01-01: read as {}-01-01T00:00:00Z"
NEXT_YEAR = f"{NOW + timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"


def alertmanager(**times: str) -> bytes:
    firing = {"status": "firing", "labels": {"alertname": "Disk"}}
    return msgspec.json.encode(
        {"version": "4", "alerts": [firing, firing | {"labels": {"alertname": "Load"}} | times]}
    )


@pytest.mark.parametrize("year", [NEXT_YEAR, "9999-12-31T23:59:59.999999Z"])
def test_future_time_is_clamped_and_reported_at_its_pointer(year: str) -> None:
    assert mended(read("generic", generic(occurred_at=year))) == {"/occurred_at": AHEAD}
    assert mended(read("pagerduty", event(timestamp=year))) == {"/payload/timestamp": AHEAD}
    parsed = read("alertmanager", alertmanager(startsAt=year))
    assert parsed.mended == (RepairedValue(1, "/alerts/1/startsAt", AHEAD),)
    assert parsed.alerts[1][1].event_time == NOW + NEWEST


def test_future_epoch_number_is_reported_and_other_numbers_are_not() -> None:
    seconds = int((NOW + timedelta(days=2)).timestamp())
    told = mended(read("generic", generic(labels={"bytes": 9e12}, occurred_at=seconds)))
    assert told == {"/occurred_at": AHEAD}


def test_time_before_1970_is_reported() -> None:
    told = mended(read("generic", generic(occurred_at="1960-05-01T00:00:00Z")))
    assert told == {"/occurred_at": BEYOND.format("1970")}
    for none in ("1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-11-01T00:00:00Z"):
        assert read("generic", generic(occurred_at=none)).mended == ()


def test_out_of_range_end_time_is_reported_at_its_member() -> None:
    body = [
        {
            "labels": {"alertname": "Disk"},
            "startsAt": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            "endsAt": "9000-01-01T00:00:00Z",
        }
    ]
    parsed = read("alertmanager_v2", msgspec.json.encode(body))
    assert mended(parsed) == {"/0/endsAt": BEYOND.format("2200")}


def test_future_time_in_nested_body_is_reported() -> None:
    notice: Any = next(one.body for one in load_examples()["cloudwatch"] if one.case == "firing")
    message = msgspec.json.decode(notice["Message"]) | {"StateChangeTime": NEXT_YEAR}
    parsed = read(
        "cloudwatch",
        msgspec.json.encode(notice | {"Message": msgspec.json.encode(message).decode()}),
    )
    assert mended(parsed) == {"/Message/StateChangeTime": AHEAD}


def test_other_mends_are_reported_beside_clamped_time() -> None:
    told = mended(
        read("generic", b'\xef\xbb\xbf{"title":"t","occurred_at":"' + NEXT_YEAR.encode() + b'"}')
    )
    assert told == {"": "a byte order mark was taken off", "/occurred_at": AHEAD}


def test_clamped_time_without_unique_text_is_reported_for_whole_alert() -> None:
    alert = Alert(
        namespace="n", dedup_key="k", status=AlertStatus.FIRING, title="t", event_time=NOW + NEWEST
    )
    assert is_bounded(alert, NOW + NEWEST)
    assert [*find_cut_times(0, alert, {"minute": 5}, (), NOW)] == [RepairedValue(0, "", AHEAD)]
    many = {"before": [0] * MOST, "occurred_at": NEXT_YEAR}
    assert [one.pointer for one in find_cut_times(0, alert, many, (), NOW)] == [""]


def test_time_within_bounds_is_not_reported() -> None:
    for at in (None, NOW, NOW - timedelta(days=4_000)):
        alert = Alert(
            namespace="n",
            dedup_key="k",
            status=AlertStatus.FIRING,
            title="t",
            event_time=at,
            ends_at=at,
        )
        assert not is_bounded(alert, NOW + NEWEST)
        assert [*find_cut_times(0, alert, {}, (), NOW)] == []
    ends = Alert(
        namespace="n", dedup_key="k", status=AlertStatus.FIRING, title="t", ends_at=EARLIEST
    )
    assert is_bounded(ends, NOW + NEWEST)
    assert [*find_cut_times(0, ends, {"endsAt": 0}, (), NOW)] == []
    assert (describe_future_time(NOW, NOW), describe_future_time(LATEST, NOW)) == ("", AHEAD)


def test_future_time_in_binary_cloudevent_header_is_reported() -> None:
    told = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "time": NEXT_YEAR}
    headers = {f"ce-{name}": value for name, value in told.items()} | {"content-type": "text/plain"}
    parsed = read_leniently(
        BY_SLUG["cloudevents"], SourceSettings(), (), WebhookDelivery(headers, b"disk full", NOW)
    )
    assert parsed.mended == (RepairedValue(0, "/time", AHEAD),)
