import json
import time
from contextlib import suppress

import pytest

from gateway.catalogue.importing import read_items
from gateway.errors import Malformed, Unprocessable
from gateway.web.body import MAX_BYTES
from tests.support import hostile

CSV = """name,kind,service,depends_on,attributes.os
db1,host,shop,,"Debian
12"

app1,process,shop,db1; lb1,
"""


def test_csv_is_read_with_attributes_and_dependencies() -> None:
    db1, app1 = read_items(CSV, as_csv=True)
    assert (db1.name, db1.kind, db1.service, db1.attributes) == (
        "db1",
        "host",
        "shop",
        {"os": "Debian\n12"},
    )
    assert (app1.depends_on, app1.attributes) == (("db1", "lb1"), {})


def test_csv_and_json_are_read_alike() -> None:
    rows = [{"name": "a", "kind": "host", "depends_on": ["b"]}, {"name": "b", "kind": "host"}]
    as_csv = read_items("name,kind,depends_on\na,host,b\nb,host,\n", as_csv=True)
    as_json = read_items(json.dumps(rows), as_csv=False)
    assert [(d.name, d.kind, d.depends_on) for d in as_csv] == [
        (d.name, d.kind, d.depends_on) for d in as_json
    ]


def test_csv_flaws_are_reported_with_their_line() -> None:
    text = CSV + 'bad name,host,,,\napp1,host,,,\nx,host\ny,Host,,,"a\nb"\nz,Host,,,\n'
    with pytest.raises(Unprocessable) as raised:
        read_items(text, as_csv=True)
    told = [(flaw.detail.partition(":")[0], flaw.pointer) for flaw in raised.value.flaws]
    assert sorted(told, key=lambda one: one[1]) == [
        ("line 6", "/2/name"),
        ("line 7", "/3/name"),
        ("line 8", "/4"),
        ("line 9", "/5/kind"),
        ("line 11", "/6/kind"),
    ]


def test_json_flaws_are_reported_with_their_line() -> None:
    text = (
        '\n[\n {"name": "a",\n  "kind": "host"},\n\n {"name": "a b", "kind": '
        '"host"}, 7,\n {"name": "c"}]'
    )
    with pytest.raises(Unprocessable) as raised:
        read_items(text, as_csv=False)
    told = [(flaw.detail.partition(":")[0], flaw.pointer) for flaw in raised.value.flaws]
    assert told == [("line 6", "/1/name"), ("line 6", "/2"), ("line 7", "/3")]


@pytest.mark.parametrize("text", ["", "{}", '[{"name": 1', '"[]"', "[1,,2]", "[" * 5000])
def test_json_without_array_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_items(text, as_csv=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,colour\n", "'colour'"),
        ("name\n", "kind is missing"),
        ("", "kind is missing"),
        ('name,kind\n"a', "line 2"),
    ],
)
def test_malformed_csv_is_refused(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read_items(text, as_csv=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"name":"\\ud800","kind":"host"}]', "line 1: this is not JSON"),
        ('[{"name":"a","kind":"host","attributes":{"a":"\\udc00x"}}]', "line 1: this is not JSON"),
        ('[\n{"name":"a",}\n]', "line 2: this is not JSON"),
        ("[" * 5_000, "line 1: this is not JSON"),
        ('{"name":"a"}', "send an array of configuration items"),
        ("", "line 1: this is not JSON"),
    ],
)
def test_invalid_json_is_refused_with_line(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read_items(text, as_csv=False)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (
            '{"name":"b","kind":"host","attributes":{"a":"\\u0000"}}',
            "line 2: a text holds NUL, which no database keeps",
        ),
        (
            '{"name":"b","kind":"host","size":' + "9" * 50_000 + "}",
            "line 2: Integer value out of range",
        ),
        ('{"name":"b","kind":"host","size":1e999}', "line 2: Number out of range"),
        ("null", "line 2: Expected `object`, got `null`"),
    ],
)
def test_unstorable_item_value_is_reported_with_line(item: str, said: str) -> None:
    with pytest.raises(Unprocessable) as raised:
        read_items('[{"name":"a","kind":"host"},\n' + item + "]", as_csv=False)
    assert [flaw.detail for flaw in raised.value.flaws] == [said]


def test_escaped_backslash_before_u0000_is_not_nul() -> None:
    (draft,) = read_items(
        '[{"name":"a","kind":"host","attributes":{"a":"\\\\u0000"}}]', as_csv=False
    )
    assert draft.attributes == {"a": "\\u0000"}


def test_reading_stops_at_hundredth_flaw() -> None:
    with pytest.raises(Unprocessable, match="100 flaws or more") as raised:
        read_items("[" + "1," * 500 + "1]", as_csv=False)
    assert len(raised.value.flaws) == 100


@pytest.mark.exhaustive
def test_largest_import_does_not_block_event_loop() -> None:
    for as_csv in (True, False):
        for name, body in hostile.any_json(MAX_BYTES):
            took = []
            for _ in range(3):
                began = time.thread_time()
                with suppress(Malformed, Unprocessable):
                    read_items(body.decode("utf-8", "replace"), as_csv=as_csv)
                took.append(time.thread_time() - began)
                if took[-1] < 0.1:
                    break
            assert min(took) < 0.1, f"{name}: {took}"
