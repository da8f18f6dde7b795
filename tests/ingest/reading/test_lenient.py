"""A small flaw refuses no alert.

A field that cannot be read is left out and reported on the receipt; the alert and its other fields
stay.
"""

import gc
import itertools
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gateway.errors import Malformed
from gateway.ingest.reading import limits
from gateway.ingest.reading.lenient import read_leniently
from gateway.ingest.reading.mendable_body import ROUNDS
from gateway.ingest.reading.source import ParsedDelivery, WebhookDelivery
from gateway.ingest.sources import SOURCES
from gateway.quarantine import pointers
from gateway.quarantine.examples import load_examples
from gateway.quarantine.mapping import Rename
from gateway.receipts.mended import RepairedValue
from gateway.receipts.refused import RefusedItem
from gateway.settings import SourceSettings
from tests.ingest.reading.lenient_reading import event, generic, mended, read
from tests.ingest.requests import BY_SLUG, NOW
from tests.ingest.test_source_contract import places, set_at

NUL = (
    b'{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"DiskFailing","severity":"critical"},'
    b'"annotations":{"lastlog":"ata3: \\u0000\\u0000 read '
    b'error"},"startsAt":"2026-11-21T02:00:00Z"}]}'
)

ODD: list[Any] = [
    None,
    True,
    -1,
    1e18,
    1e31,
    "",
    "no such word",
    [],
    [[{}]],
    {"": None},
    {"a": {"b": 1}},
    "a\x00b",
    "\ud800",
]


def spoiled(slug: str) -> Iterator[tuple[str, bytes]]:
    """Yield bodies of a firing alert with one odd value each, and the pointer of that value."""
    body = next(
        (one.body for one in load_examples()[slug] if one.case == "firing"),
        load_examples()[slug][0].body,
    )
    written = msgspec.json.encode(body)
    for index, place in enumerate([*places(body)][:80]):
        if isinstance(pointers.value_at(body, place), dict | list):
            continue
        for odd in {
            repr(ODD[n % len(ODD)]): ODD[n % len(ODD)]
            for n in (index, index * 3 + 1, index * 5 + 2)
        }.values():
            changed = msgspec.json.decode(written)
            set_at(changed, place, odd)
            yield pointers.to_pointer(place), json.dumps(changed).encode()


def refused(slug: str) -> set[str]:
    """Return the pointers at which an odd value refuses the alert or makes it a test."""
    found = set()
    for pointer, body in spoiled(slug):
        try:
            parsed = read(slug, body)
        except Malformed:
            found.add(pointer)
            continue
        if not parsed.alerts or parsed.refused or parsed.is_test:
            found.add(pointer)
    return found


@pytest.mark.parametrize("slug", [source.slug for source in SOURCES])
def test_only_identifying_fields_can_refuse_alert(slug: str) -> None:
    named = [pointers.parse_pointer(pointer) for pointer in BY_SLUG[slug].identity_pointers]
    assert [
        at
        for at in refused(slug)
        if not any(pointers.overlap(one, pointers.parse_pointer(at)) for one in named)
    ] == []


def test_nul_in_text_is_replaced_and_alert_is_read() -> None:
    (alert,) = [alert for _, alert in read("alertmanager", NUL).alerts]
    assert (alert.severity, alert.annotations["lastlog"]) == (
        "critical",
        "ata3: \ufffd\ufffd read error",
    )
    assert mended(read("alertmanager", NUL)) == {
        "/alerts/0/annotations/lastlog": "characters that cannot be kept were replaced by U+FFFD"
    }
    halves = generic(description="x").replace(b'"x"', b'"half \\ud83d of a face"')
    assert next(iter(read("generic", halves).alerts))[1].description == "half \ufffd of a face"
    named = read("generic", b'{"title":"t","labels":{"a\\u0000b":"v"}}')
    assert dict(named.alerts[0][1].labels) == {"a\ufffdb": "v"}


@pytest.mark.parametrize(
    ("body", "title", "what"),
    [
        (
            b'\xef\xbb\xbf{"title":"backup failed"}',
            "backup failed",
            "a byte order mark was taken off",
        ),
        ('{"title":"支付故障"}'.encode("utf-16"), "支付故障", "read as UTF-16"),
        ('{"title":"pay"}'.encode("utf-16-le"), "pay", "read as UTF-16-LE"),
        ('{"title":"pay"}'.encode("utf-16-be"), "pay", "read as UTF-16-BE"),
        ('{"title":"Büro"}'.encode("latin-1"), "Büro", "read as Latin-1"),
        ('{"title":"支付故障"}'.encode("gb2312"), "支付故障", "read as GB2312"),
        (b'{"title":"a\nb"}', "a\nb", "control characters within texts were taken as they stand"),
        (b'{"title":"x"}\0', "x", "NUL bytes around the body were taken off"),
    ],
)
def test_body_in_other_encoding_is_read_and_reported(body: bytes, title: str, what: str) -> None:
    parsed = read("generic", body)
    assert [alert.title for _, alert in parsed.alerts] == [title]
    assert parsed.mended == (RepairedValue(-1, "", what),)


def test_non_finite_numbers_in_labels_are_left_out_and_others_are_kept() -> None:
    body = (
        b'{"title":"t","labels":{"load":NaN,"most":-Infinity,"huge":1e400,"on":true,'
        b'"inner":{"a":[1]},"none":null}}'
    )
    parsed = read("generic", body)
    assert dict(parsed.alerts[0][1].labels) == {"on": "true", "inner": '{"a":[1]}'}
    assert mended(parsed) == {f"/labels/{name}": NUMBER for name in ("load", "most", "huge")} | {
        "/labels/inner": "read as text"
    }


NUMBER = "a number that is none, or too large, was left out"


def test_flaw_in_one_item_affects_only_that_item() -> None:
    parsed = read(
        "generic",
        b'[{"title":"a","occurred_at":"never"},{"titel":"b"},{"title":"c","status":"smouldering"}]',
    )
    assert [(index, alert.title, alert.status) for index, alert in parsed.alerts] == [
        (0, "a", "firing"),
        (2, "c", "firing"),
    ]
    assert [(one.item, one.pointer, one.body) for one in parsed.refused] == [
        (1, "/1/title", b'{"titel":"b"}')
    ]
    assert [(one.item, one.pointer) for one in parsed.mended] == [
        (0, "/0/occurred_at"),
        (2, "/2/status"),
    ]


def test_refusal_reports_original_flaw() -> None:
    with pytest.raises(Malformed) as refusal:
        read(
            "azure",
            b'{"schemaId":"azureMonitorCommonAlertSchema",'
            b'"data":{"essentials":{"alertId":"","monitorCondition":5}}}',
        )
    assert refusal.value.flaws[0].pointer in {
        "/data/essentials/monitorCondition",
        "/data/essentials/alertId",
    }
    with pytest.raises(Malformed):
        read("generic", b"no JSON whatever is done")
    with pytest.raises(Malformed):
        read("pagerduty", event(summary="x" * 1_025))
    kept = read(
        "alertmanager",
        b'{"alerts":[{"status":"firing","labels":5},{"status":"odd","labels":{"a":"b"}}]}',
    )
    assert [(one.item, one.body) for one in kept.refused] == [
        (0, b'{"status":"firing","labels":5}')
    ]
    assert [(index, alert.status) for index, alert in kept.alerts] == [(1, "firing")]


def test_truncated_texts_are_reported() -> None:
    parsed = read(
        "generic", generic(title="t" * 2_000, description="d" * 40_000, labels={"a": "v" * 5_000})
    )
    assert [one.what for one in parsed.mended] == [
        "title cut to 1024 characters",
        "description cut to 32768 characters",
        "labels cut to 1000 of 4096 characters",
    ]
    assert read("generic", generic(description="d" * 1_000)).mended == ()


def test_mapping_applies_to_mended_body() -> None:
    body, steps = b'\xef\xbb\xbf{"name":"disk \\u0000"}', (Rename(source="/name", to="/title"),)
    parsed = read_leniently(
        BY_SLUG["generic"], SourceSettings(), steps, WebhookDelivery({}, body, NOW)
    )
    assert parsed.alerts[0][1].title == "disk \ufffd"
    assert set(mended(parsed)) == {"", "/name"}
    pointed = SourceSettings(mapping={"items": "/events", "title": "/name", "occurred_at": "/when"})
    parsed = read("generic", b'{"events":[{"name":"a","when":"never"},{"name":"b"}]}', pointed)
    assert [alert.title for _, alert in parsed.alerts] == ["a", "b"]
    assert [(one.item, one.pointer) for one in parsed.mended] == [(0, "/events/0/when")]


def test_non_json_body_is_refused_unchanged() -> None:
    delivery = WebhookDelivery(
        {"ce-specversion": "1.0", "content-type": "text/plain"}, b"disk full", NOW
    )
    parsed = read_leniently(BY_SLUG["cloudevents"], SourceSettings(), (), delivery)
    assert [(one.item, one.problem) for one in parsed.refused] == [
        (0, "Object missing required field `id`")
    ]


def test_item_refused_by_source_stays_refused() -> None:
    refused = RefusedItem(0, "no alert", "", b"a=b")

    def parse(_: WebhookDelivery, __: SourceSettings) -> ParsedDelivery:
        return ParsedDelivery((), (refused,))

    source = replace(BY_SLUG["generic"], parse=parse)
    assert read_leniently(
        source, SourceSettings(), (), WebhookDelivery({}, b"a=b", NOW)
    ) == ParsedDelivery((), (refused,))


def test_mending_stops_after_maximum_rounds() -> None:
    rounds = itertools.count()

    def parse(_: WebhookDelivery, __: SourceSettings) -> ParsedDelivery:
        raise limits.build_malformed(f"/{next(rounds)}", "another one")

    body = msgspec.json.encode({str(n): n for n in range(100)})
    with pytest.raises(Malformed) as refusal:
        read_leniently(
            replace(BY_SLUG["generic"], parse=parse),
            SourceSettings(),
            (),
            WebhookDelivery({}, body, NOW),
        )
    assert refusal.value.flaws[0].pointer == f"/{ROUNDS}"
    assert next(rounds) == ROUNDS + 1


def test_objected_list_item_is_nulled_only_once() -> None:
    def parse(_: WebhookDelivery, __: SourceSettings) -> ParsedDelivery:
        raise limits.build_malformed("/things/0", "not this one")

    with pytest.raises(Malformed):
        read_leniently(
            replace(BY_SLUG["generic"], parse=parse),
            SourceSettings(),
            (),
            WebhookDelivery({}, b'{"things":[5]}', NOW),
        )


def count_garbage_objects(slug: str) -> int:
    """Return the number of objects in reference cycles after a source read or refused bodies."""
    gc.collect()
    for body in (
        b"[" * 50,
        b'{"a":' * 50,
        b"{}",
        b"[]",
        b"no JSON",
        b'{"alerts":[{}]}',
        b'{"title":1,"items":[1]}',
    ):
        with suppress(Malformed):
            read(slug, body)
    return gc.collect()


@pytest.mark.parametrize("slug", BY_SLUG)
def test_refused_body_leaves_no_reference_cycles(slug: str) -> None:
    """A refused body is freed at once.

    An exception that a frame of its own traceback refers to would keep the body, and all that was
    read of it, until the next collection of garbage.
    """
    assert min(count_garbage_objects(slug) for _ in range(3)) == 0
