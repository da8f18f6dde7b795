"""Values are converted to the types that their source reads, and every conversion is reported."""

from typing import Any

import msgspec
import pytest

from gateway.errors import Malformed
from gateway.ingest.reading.conform import (
    conform_types,
    decode_repaired,
    decode_with_repairs,
    is_kept,
)


class Inner(msgspec.Struct):
    name: str
    size: int = 0


class Outer(msgspec.Struct):
    key: str
    text: str = ""
    count: int | None = None
    ratio: float = 0.0
    on: bool = False
    words: list[str] = []
    named: dict[str, str] = {}
    inner: Inner | None = None
    several: list[Inner] = []
    either: Inner | str | None = None
    raw: msgspec.Raw = msgspec.Raw(b"null")


NOTHING: frozenset[tuple[str, ...]] = frozenset()


@pytest.mark.parametrize(
    ("sent", "read", "told"),
    [
        ({"text": 5}, {"text": "5"}, {"/text": "read as text"}),
        ({"text": None}, {}, {"/text": "left out: it cannot be read"}),
        ({"text": {"a": [1]}}, {"text": '{"a":[1]}'}, {"/text": "read as text"}),
        ({"count": "7"}, {"count": 7}, {"/count": "read as a whole number"}),
        ({"count": 7.0}, {"count": 7}, {"/count": "read as a whole number"}),
        ({"count": 7.5}, {}, {"/count": "left out: it cannot be read"}),
        ({"count": True}, {}, {"/count": "left out: it cannot be read"}),
        ({"count": None}, {"count": None}, {}),
        ({"ratio": "0.5"}, {"ratio": 0.5}, {"/ratio": "read as a number"}),
        ({"ratio": "inf"}, {}, {"/ratio": "left out: it cannot be read"}),
        ({"ratio": "many"}, {}, {"/ratio": "left out: it cannot be read"}),
        ({"on": "Yes"}, {"on": True}, {"/on": "read as true or false"}),
        ({"on": "perhaps"}, {}, {"/on": "left out: it cannot be read"}),
        ({"words": "one"}, {"words": ["one"]}, {"/words": "read as a list of one"}),
        ({"words": ["a", None, 3]}, {"words": ["a", "3"]},
         {"/words/1": "left out: it cannot be read", "/words/2": "read as text"}),
        ({"words": {"a": 1}}, {}, {"/words": "left out: it cannot be read"}),
        ({"named": {"a": 1, "b": None}}, {"named": {"a": "1"}},
         {"/named/a": "read as text", "/named/b": "left out: it cannot be read"}),
        ({"named": ["a"]}, {}, {"/named": "left out: it cannot be read"}),
        ({"inner": {"name": 1}}, {"inner": {"name": "1"}}, {"/inner/name": "read as text"}),
        ({"inner": {}}, {}, {"/inner": "left out: it cannot be read"}),
        ({"several": [{"name": "a"}, {"size": 1}, 5]}, {"several": [{"name": "a"}]},
         {"/several/1": "left out: it cannot be read",
          "/several/2": "left out: it cannot be read"}),
        ({"either": {"name": "a"}}, {"either": {"name": "a"}}, {}),
        ({"either": "a"}, {"either": "a"}, {}),
        ({"either": {"size": 1}}, {"either": '{"size":1}'}, {"/either": "read as text"}),
        ({"raw": [1]}, {"raw": [1]}, {}),
        ({"unknown": 5}, {"unknown": 5}, {}),
    ],
)  # fmt: skip
def test_value_is_converted_to_expected_type_or_left_out(sent: Any, read: Any, told: Any) -> None:
    assert conform_types({"key": "k"} | sent, Outer, NOTHING) == ({"key": "k"} | read, told)


def test_kept_fields_are_never_left_out() -> None:
    kept = frozenset({("words",), ("inner", "name")})
    for sent in ({"words": {"a": 1}}, {"inner": 5}, {"inner": {"name": None}}):
        assert conform_types({"key": "k"} | sent, Outer, kept) == ({"key": "k"} | sent, {})
    assert is_kept(("inner",), kept)
    assert not is_kept(("inner", "size"), kept)


def test_unconformable_body_is_unchanged_and_list_is_conformed_per_item() -> None:
    assert conform_types(5, Outer, NOTHING) == (5, {})
    assert conform_types([{"key": 1}, 5], Outer, NOTHING) == (
        [{"key": "1"}, 5],
        {"/0/key": "read as text"},
    )


def test_candidate_type_with_fewest_changes_is_chosen() -> None:
    sent = {"name": "a", "size": "5", "key": 1}
    assert conform_types(sent, (Outer, Inner), NOTHING)[1] == {"/key": "read as text"}
    assert conform_types({"name": "a", "size": "5"}, (Outer, Inner), NOTHING, ("x",))[1] == {
        "/x/size": "read as a whole number"
    }
    assert sent == {"name": "a", "size": "5", "key": 1}


def test_body_is_decoded_with_type_conversion_unless_disabled() -> None:
    assert decode_repaired(b'{"key":"k"}', Outer) == Outer(key="k")
    assert decode_repaired(b'\xef\xbb\xbf{"key":7,"count":"x"}', Outer) == Outer(key="7")
    assert decode_repaired(b'\xef\xbb\xbf{"a":"\\u0000"}', dict[str, str]) == {"a": "\ufffd"}
    for body in (b"{", b"{}"):
        with pytest.raises(Malformed):
            decode_repaired(body, Outer)
    assert decode_repaired(b'\xef\xbb\xbf{"key":"k"}', Outer, retyped=False) == Outer(key="k")
    with pytest.raises(Malformed):
        decode_repaired(b'\xef\xbb\xbf{"key":7}', Outer, retyped=False)
    told = {"": "read as Latin-1", "/key": "read as text"}
    assert decode_with_repairs(b'{"key":7,"x":"B\xfcro"}', Outer, "") == (Outer(key="7"), told)
    assert decode_with_repairs('{"key":"ключ"}'.encode("koi8-r"), Outer, "koi8-r") == (
        Outer(key="ключ"),
        {"": "read as KOI8-R"},
    )
