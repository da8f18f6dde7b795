import json

import pytest

from gateway.catalogue.importing import read
from gateway.errors import Malformed, Unprocessable

CSV = """name,kind,service,depends_on,attributes.os
db1,host,shop,,"Debian
12"

app1,process,shop,db1; lb1,
"""


def test_csv_is_read_with_its_attributes_and_dependencies() -> None:
    db1, app1 = read(CSV, as_csv=True)
    assert (db1.name, db1.kind, db1.service, db1.attributes) == ("db1", "host", "shop", {"os": "Debian\n12"})
    assert (app1.depends_on, app1.attributes) == (("db1", "lb1"), {})


def test_csv_and_json_say_the_same() -> None:
    rows = [{"name": "a", "kind": "host", "depends_on": ["b"]}, {"name": "b", "kind": "host"}]
    as_csv = read("name,kind,depends_on\na,host,b\nb,host,\n", as_csv=True)
    as_json = read(json.dumps(rows), as_csv=False)
    assert [(d.name, d.kind, d.depends_on) for d in as_csv] == [(d.name, d.kind, d.depends_on) for d in as_json]


def test_every_flaw_of_a_csv_is_told_with_the_line_it_begins_on() -> None:
    text = CSV + 'bad name,host,,,\napp1,host,,,\nx,host\ny,Host,,,"a\nb"\nz,Host,,,\n'
    with pytest.raises(Unprocessable) as raised:
        read(text, as_csv=True)
    told = [(flaw.detail.partition(":")[0], flaw.pointer) for flaw in raised.value.flaws]
    assert sorted(told, key=lambda one: one[1]) == [
        ("line 6", "/2/name"),
        ("line 7", "/3/name"),
        ("line 8", "/4"),
        ("line 9", "/5/kind"),
        ("line 11", "/6/kind"),
    ]


def test_every_flaw_of_json_is_told_with_the_line_it_begins_on() -> None:
    text = '\n[\n {"name": "a",\n  "kind": "host"},\n\n {"name": "a b", "kind": "host"}, 7,\n {"name": "c"}]'
    with pytest.raises(Unprocessable) as raised:
        read(text, as_csv=False)
    told = [(flaw.detail.partition(":")[0], flaw.pointer) for flaw in raised.value.flaws]
    assert told == [("line 6", "/1/name"), ("line 6", "/2"), ("line 7", "/3")]


@pytest.mark.parametrize("text", ["", "{}", '[{"name": 1', '"[]"', "[1,,2]", "[" * 5000])
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read(text, as_csv=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [("name,colour\n", "'colour'"), ("name\n", "kind is missing"), ("", "kind is missing"), ('name,kind\n"a', "line 2")],
)
def test_a_csv_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read(text, as_csv=True)
