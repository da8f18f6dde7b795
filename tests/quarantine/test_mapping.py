"""A mapping applies its steps, within bounds, and with the same result each time."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Malformed, Unprocessable
from gateway.quarantine.mapping import (
    Constant,
    Copy,
    Mapping,
    Rename,
    Step,
    Values,
    apply_mapping,
    check,
)

NAMES = ["a", "b", "c", "0", "*", "a~1b"]
POINTER = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(
    lambda names: "".join(f"/{name}" for name in names)
)
WORD = st.sampled_from(["x", "y", "z", "1"])
STEP: st.SearchStrategy[Step] = st.one_of(
    st.builds(Rename, source=POINTER, to=POINTER),
    st.builds(Copy, source=POINTER, to=POINTER),
    st.builds(Constant, to=POINTER, value=WORD | st.none() | st.integers(0, 9)),
    st.builds(
        Values,
        at=POINTER,
        values=st.dictionaries(WORD, WORD, min_size=1),
        otherwise=WORD | st.none(),
    ),
)
VALUE = st.recursive(
    WORD
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "0", "a/b"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def kept(mapping: Mapping) -> bool:
    try:
        check(mapping)
    except Unprocessable:
        return False
    return True


def done(value: Any, *steps: Step) -> Any:
    check(steps)
    return msgspec.json.decode(apply_mapping(steps, msgspec.json.encode(value)))


@given(mapping=st.lists(STEP, max_size=3).map(tuple).filter(kept), value=VALUE)
def test_accepted_mapping_is_idempotent(mapping: Mapping, value: Any) -> None:
    once = apply_mapping(mapping, msgspec.json.encode(value))
    assert apply_mapping(mapping, once) == once


@given(
    mapping=st.lists(STEP, max_size=3).map(tuple).filter(kept),
    body=st.binary() | VALUE.map(msgspec.json.encode),
)
def test_mapping_never_fails_and_empty_mapping_changes_nothing(
    mapping: Mapping, body: bytes
) -> None:
    assert isinstance(apply_mapping(mapping, body), bytes)
    assert apply_mapping((), body) == body


@settings(max_examples=30)
@given(mapping=st.lists(STEP, max_size=4).map(tuple))
def test_mapping_round_trips_through_json(mapping: Mapping) -> None:
    assert msgspec.json.decode(msgspec.json.encode(mapping), type=Mapping) == mapping


def test_each_step_kind_changes_body_as_named() -> None:
    body = {"name": "Disk", "host": "h1", "state": "kaputt", "n": 2}
    steps = (
        Rename(source="/name", to="/title"),
        Copy(source="/host", to="/labels/host"),
        Constant(to="/severity", value="critical"),
        Values(at="/state", values={"kaputt": "firing"}),
        Values(at="/n", values={"1": "one"}, otherwise="many"),
    )
    assert done(body, *steps) == {
        "title": "Disk",
        "host": "h1",
        "labels": {"host": "h1"},
        "severity": "critical",
        "state": "firing",
        "n": "many",
    }


def test_values_step_ignores_null_objects_and_lists() -> None:
    body = {"l": [{"a": None}, {"a": {}}, {"a": []}, {"a": True}]}
    assert done(body, Values(at="/l/*/a", values={"true": "yes"}, otherwise="no"))["l"] == [
        *body["l"][:3],
        {"a": "yes"},
    ]


def test_star_matches_every_item_and_list_body_is_mapped_per_item() -> None:
    inside = Rename(source="/alerts/*/state", to="/alerts/*/labels/status")
    assert done({"alerts": [{"state": "a"}, {}, 5, {"state": "b", "labels": 1}]}, inside) == {
        "alerts": [{"labels": {"status": "a"}}, {}, 5, {"state": "b", "labels": 1}]
    }
    assert done([{"a": 1}, {"b": 2}], Rename(source="/a", to="/c")) == [{"c": 1}, {"b": 2}]


def test_values_step_applies_to_renamed_value() -> None:
    steps = (Values(at="/b", values={"x": "y"}), Rename(source="/a", to="/b"))
    assert done({"a": "x"}, *steps) == {"b": "y"}


def test_unmatched_body_is_returned_byte_for_byte() -> None:
    body = b'{ "b" : 1.0, "b": 12345678901234567890123 }'
    assert apply_mapping((Rename(source="/a", to="/c"),), body) == body


def test_mapping_result_over_size_limit_is_refused() -> None:
    body = msgspec.json.encode({"a": "x" * 200_000})
    with pytest.raises(Malformed):
        apply_mapping((Copy(source="/a", to="/b"), Copy(source="/a", to="/c")), body)


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ((Rename(source="a", to="/b"),), "/steps/0/from"),
        ((Rename(source="/a", to="/a/b"),), "/steps/0/to"),
        ((Copy(source="/l/*/a", to="/b"),), "/steps/0/to"),
        ((Constant(to="/l/*", value=1),), "/steps/0/to"),
        ((Constant(to="/a" * 17, value=1),), "/steps/0/to"),
        ((Constant(to="/a", value=1), Rename(source="/b", to="/a")), "/steps/1/to"),
        ((Constant(to="/a", value=1), Copy(source="/a", to="/b")), "/steps/0/to"),
        ((Rename(source="/a", to="/b"), Copy(source="/a", to="/c")), "/steps/1/from"),
        ((Values(at="/a", values={"x": "y", "y": "z"}),), "/steps/0/values"),
        ((Values(at="/a", values={"x": "y"}), Copy(source="/a", to="/b")), "/steps/0/at"),
    ],
)
def test_non_idempotent_mapping_is_refused(steps: Mapping, where: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        check(steps)
    assert where in [flaw.pointer for flaw in refused.value.flaws]
