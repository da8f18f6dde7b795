"""A body that is almost JSON is decoded, and every repaired place is reported."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.reading.repair import MOST, add_mark, encode_json, repair_json
from gateway.untrusted.json_limits import MAX_DEPTH

SOUND = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cc"])), inner)
    ),
    max_leaves=20,
)


@given(value=SOUND)
def test_valid_json_is_unchanged(value: object) -> None:
    assert repair_json(msgspec.json.encode(value)) == (value, {})
    assert msgspec.json.decode(encode_json(value)) == value


@given(text=st.text(), number=st.floats())
def test_repaired_body_is_decodable_without_nul(text: str, number: float) -> None:
    found = repair_json(
        b'{"a": %b, "b": %b}'
        % (ascii_json(text), str(number).replace("inf", "Infinity").replace("nan", "NaN").encode())
    )
    assert found is not None
    assert "\0" not in str(msgspec.json.decode(encode_json(found[0])))


def ascii_json(text: str) -> bytes:
    return (
        b'"'
        + b"".join(
            b"\\u%04x" % unit
            for unit in memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
        )
        + b'"'
    )


def test_lone_surrogates_are_replaced_and_pairs_are_kept() -> None:
    assert repair_json(b'["\\ud83d\\ude00", "\\ud83d"]') == (
        ["😀", "\ufffd"],
        {"/1": "characters that cannot be kept were replaced by U+FFFD"},
    )


def test_too_deeply_nested_value_is_left_out() -> None:
    found = repair_json(b'{"title":"x","y":' + b"[" * 40 + b"]" * 40 + b"}")
    assert found is not None
    assert found[0]["title"] == "x"
    assert list(found[1].values()) == [f"nested deeper than {MAX_DEPTH} levels: left out"]


def test_unrepairable_body_returns_none() -> None:
    for body in (b"", b"{", b"[" * 100_000, b"no", b"9" * 5_000, b'{"a":1}{"b":2}'):
        assert repair_json(body) is None


def test_reported_places_are_limited() -> None:
    found = repair_json(b"[" + b"NaN," * (MOST + 50) + b"1]")
    assert found is not None
    assert len(found[1]) == MOST
    marks: dict[str, str] = {}
    add_mark(marks, ("a",), "one")
    add_mark(marks, ("a",), "two")
    assert marks == {"/a": "one; two"}
