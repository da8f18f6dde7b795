"""The values of the fields that a configuration adds to records."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed, Unprocessable
from gateway.incidents import commands
from gateway.incidents.custom_fields import BIGGEST, LONGEST, CustomFields, moments_of
from gateway.settings import CustomField
from gateway.vocabulary import FieldType

LABELS = {"en": "x", "zh-CN": "某"}
FIELDS = CustomFields.from_settings(
    [
        CustomField("room", "text", LABELS, required_on=("create",)),
        CustomField("count", "number", LABELS, required_on=("resolve", "close")),
        CustomField("since", "date", LABELS, kinds=("service_request",), required_on=("resolve",)),
        CustomField("colour", "choice", LABELS, choices=("red", "green")),
        CustomField("seen", "boolean", LABELS),
    ]
)
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "room": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50),
    "count": st.integers(-BIGGEST, BIGGEST) | st.floats(-BIGGEST, BIGGEST),
    "since": st.dates().map(date.isoformat),
    "colour": st.sampled_from(["red", "green"]),
    "seen": st.booleans(),
}
VALUES = st.fixed_dictionaries(
    {}, optional={name: st.none() | values for name, values in FITTING.items()}
)
ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.lists(st.integers(), max_size=2)
)


@given(VALUES, VALUES)
def test_merged_fields_take_last_value_and_keep_unnamed_ones(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    present = FIELDS.merged("service_request", {}, before)
    merged = FIELDS.merged("service_request", present, after)
    for name in FITTING:
        said = after.get(name) if name in after else present.get(name)
        assert merged.get(name) == (None if isinstance(said, str) and not said.strip() else said)
    assert None not in merged.values()
    assert FIELDS.merged("service_request", merged, {}) == merged


@given(VALUES)
def test_accepted_field_values_survive_json(given: dict[str, Any]) -> None:
    merged = FIELDS.merged("service_request", {}, given)
    assert msgspec.json.decode(msgspec.json.encode(merged)) == merged


@given(st.dictionaries(st.sampled_from([*FITTING, "unknown"]), ANYTHING))
def test_any_field_value_is_kept_or_refused_with_pointer(changes: dict[str, Any]) -> None:
    try:
        merged = FIELDS.merged("service_request", {}, changes)
    except Unprocessable as error:
        at_fault = {flaw.pointer.removeprefix("/fields/") for flaw in error.flaws}
        assert at_fault
        assert at_fault <= set(changes)
        FIELDS.merged(
            "service_request",
            {},
            {name: value for name, value in changes.items() if name not in at_fault},
        )
    else:
        assert all(FIELDS.definitions[name].flaw(value) is None for name, value in merged.items())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("room", 1), ("room", "x" * (LONGEST + 1)), ("room", "a\0b"), ("count", True),
        ("count", "1"), ("count", float("inf")), ("count", float("nan")), ("count", BIGGEST + 1),
        ("since", "20260302"), ("since", "2026-02-30"), ("since", 5), ("colour", "blue"),
        ("colour", 1), ("seen", "true"), ("seen", 0), ("unknown", 1), ("unknown", None),
    ],
)  # fmt: skip
def test_invalid_field_value_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Unprocessable) as refused:
        FIELDS.merged("service_request", {}, {name: value})
    assert [flaw.pointer for flaw in refused.value.flaws] == [f"/fields/{name}"]


def test_field_of_other_kind_is_refused_and_obsolete_field_is_removable() -> None:
    with pytest.raises(Unprocessable, match="not for records of the kind incident"):
        FIELDS.merged("incident", {}, {"since": "2026-03-02"})
    assert FIELDS.merged("incident", {"gone": 1, "room": "b"}, {}) == {"gone": 1, "room": "b"}
    assert FIELDS.merged("incident", {"gone": 1, "room": "b"}, {"gone": None}) == {"room": "b"}
    with pytest.raises(Unprocessable):
        FIELDS.merged("incident", {"gone": 1}, {"gone": 2})


def test_required_fields_depend_on_kind_and_action() -> None:
    assert FIELDS.missing("incident", {}, ["create"]) == ("room",)
    assert FIELDS.missing("incident", {}, moments_of(commands.Resolve)) == ("count",)
    assert FIELDS.missing("service_request", {"count": 0}, moments_of(commands.Resolve)) == (
        "since",
    )
    assert FIELDS.missing("service_request", {}, moments_of(commands.Hold)) == ()
    with pytest.raises(Unprocessable, match="set first: count") as refused:
        FIELDS.require("incident", {}, ["close"])
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/fields/count"]
    FIELDS.require("incident", {"count": 0}, ["close"])


def test_acknowledge_and_accept_require_same_fields() -> None:
    assert moments_of(commands.Acknowledge) == ("acknowledge", "accept")


@given(st.data())
def test_field_filter_parses_written_value(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["room", "count", "since", "colour", "seen"]))
    value = data.draw(FITTING[name])
    text = str(value).lower() if FIELDS.definitions[name].type is FieldType.BOOLEAN else str(value)
    assert FIELDS.filter({name: text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "text"),
    [("unknown", "1"), ("count", "many"), ("count", "nan"), ("seen", "1"), ("since", "x")],
)
def test_invalid_field_filter_is_refused(name: str, text: str) -> None:
    with pytest.raises(Malformed) as refused:
        FIELDS.filter({name: text})
    assert [flaw.pointer for flaw in refused.value.flaws] == [f"/field.{name}"]
