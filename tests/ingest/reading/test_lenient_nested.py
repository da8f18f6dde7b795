"""Bodies nested in bodies are mended in place: in JSON, in base64 and in events sent in headers."""

import base64

import msgspec
import pytest

from gateway.ingest.reading.lenient import read_leniently
from gateway.ingest.reading.source import WebhookDelivery
from gateway.quarantine.examples import load_examples
from gateway.quarantine.mapping import Rename
from gateway.settings import SourceSettings
from tests.ingest.reading.lenient_reading import mended, read
from tests.ingest.requests import BY_SLUG, NOW


def test_nested_bodies_are_mended() -> None:
    inner = {"incident": {"incident_id": "1", "state": "smouldering", "started_at": "never"}}
    data = base64.b64encode(msgspec.json.encode(inner)).decode()
    parsed = read(
        "google_cloud", msgspec.json.encode({"message": {"data": data, "messageId": "m"}})
    )
    assert [alert.status for _, alert in parsed.alerts] == ["firing"]
    assert set(mended(parsed)) == {
        "/message/data/incident/state",
        "/message/data/incident/started_at",
    }
    about = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    parsed = read("cloudevents", msgspec.json.encode(about | {"data_base64": "no base64!"}))
    assert mended(parsed) == {"/data_base64": "left out: data_base64 is not base64"}
    data = base64.b64encode(b'{"title": "x", "occurred_at": "never"}').decode()
    assert set(mended(read("cloudevents", msgspec.json.encode(about | {"data_base64": data})))) == {
        "/data_base64/occurred_at"
    }
    notice = next(one.body for one in load_examples()["cloudwatch"] if one.case == "firing")
    message = msgspec.json.decode(notice["Message"]) | {"StateChangeTime": "never"}
    parsed = read(
        "cloudwatch",
        msgspec.json.encode(notice | {"Message": msgspec.json.encode(message).decode()}),
    )
    assert set(mended(parsed)) == {"/Message/StateChangeTime"}
    text = base64.b64encode(b"disk full").decode()
    parsed = read(
        "cloudevents", msgspec.json.encode(about | {"data_base64": text, "time": "never"})
    )
    assert [alert.description for _, alert in parsed.alerts] == ["disk full"]


def test_mends_in_base64_data_are_reported_at_its_pointer() -> None:
    about = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    data = base64.b64encode(b'\xef\xbb\xbf{"title": "x \\u0000"}').decode()
    parsed = read("cloudevents", msgspec.json.encode(about | {"data_base64": data}))
    assert [alert.title for _, alert in parsed.alerts] == ["x \ufffd"]
    assert mended(parsed) == {
        "/data_base64": "a byte order mark was taken off",
        "/data_base64/title": "characters that cannot be kept were replaced by U+FFFD",
    }


BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "disk.full"}


@pytest.mark.parametrize(
    ("body", "title", "told"),
    [
        (b'\xef\xbb\xbf{"title":"x"}', "x", {"/data": "a byte order mark was taken off"}),
        (b'{"title":"x\\u0000"}', "x\ufffd",
         {"/data/title": "characters that cannot be kept were replaced by U+FFFD"}),
        (b'{"title":"x \\ud83d"}', "x \ufffd",
         {"/data/title": "characters that cannot be kept were replaced by U+FFFD"}),
        ('{"title":"Büro"}'.encode("latin-1"), "Büro", {"/data": "read as Latin-1"}),
        (b'{"title":"x","labels":{"a":NaN}}', "x",
         {"/data/labels/a": "a number that is none, or too large, was left out"}),
        (b'{"title":"x","occurred_at":"never"}', "x",
         {"/data/occurred_at": "left out: not a time: 'never' (write RFC 3339)"}),
        (b"disk full", "disk.full", {"/data_base64": "it is no JSON: read as a text"}),
    ],
)  # fmt: skip
def test_binary_cloudevent_data_is_mended(body: bytes, title: str, told: dict[str, str]) -> None:
    headers = BINARY | {"content-type": "application/json"}
    parsed = read_leniently(
        BY_SLUG["cloudevents"], SourceSettings(), (), WebhookDelivery(headers, body, NOW)
    )
    assert ([alert.title for _, alert in parsed.alerts], mended(parsed)) == ([title], told)


def test_binary_cloudevent_text_data_is_mended() -> None:
    for body, text, told in (
        ("Büro".encode("latin-1"), "Büro", {"/data_base64": "read as Latin-1"}),
        (
            b"disk\0full",
            "disk\ufffdfull",
            {"/data_base64": "NUL characters were replaced by U+FFFD"},
        ),
        (b"disk full", "disk full", {}),
    ):
        headers = BINARY | {"content-type": "text/plain"}
        parsed = read_leniently(
            BY_SLUG["cloudevents"], SourceSettings(), (), WebhookDelivery(headers, body, NOW)
        )
        assert ([alert.description for _, alert in parsed.alerts], mended(parsed)) == ([text], told)


def test_invalid_binary_cloudevent_time_header_is_left_out() -> None:
    for body, kind in ((b'{"title":"x"}', "application/json"), (b"x", "text/plain"), (b"", "")):
        headers = BINARY | {"content-type": kind, "ce-time": "never"}
        parsed = read_leniently(
            BY_SLUG["cloudevents"], SourceSettings(), (), WebhookDelivery(headers, body, NOW)
        )
        assert [alert.event_time for _, alert in parsed.alerts] == [None]
        assert mended(parsed) == {"/time": "left out: not a time: 'never' (write RFC 3339)"}


def test_mapping_applies_to_binary_cloudevent_data() -> None:
    steps, headers = (
        (Rename(source="/name", to="/title"),),
        BINARY | {"content-type": "application/json"},
    )
    body = b'\xef\xbb\xbf{"name":"x","occurred_at":"never"}'
    parsed = read_leniently(
        BY_SLUG["cloudevents"], SourceSettings(), steps, WebhookDelivery(headers, body, NOW)
    )
    assert [alert.title for _, alert in parsed.alerts] == ["x"]
    assert set(mended(parsed)) == {"/data", "/data/occurred_at"}
