"""Tests of the settings of custom fields of records.

Every flaw is reported and not only the first.
"""

from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.incidents.custom_fields import CREATE
from gateway.incidents.labels import LOCALES
from gateway.incidents.lifecycle import ACTIONS
from gateway.settings import CustomField, load
from gateway.settings.fields import LANGUAGES, MOMENTS, MOST_FIELDS, flaws_of

LABELS = {"en": "room", "zh-CN": "房间"}


def a_field(**given: Any) -> CustomField:
    return CustomField(**{"name": "room", "type": "text", "labels": LABELS} | given)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"name": "Room"}, "name"),
        ({"name": "a.b"}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"type": "colour"}, "type"),
        ({"kinds": ("problem",)}, "kinds"),
        ({"kinds": ()}, "kinds"),
        ({"required_on": ("open",)}, "required_on"),
        ({"labels": {"en": "room"}}, "labels/zh-CN"),
        ({"labels": {"en": " ", "zh-CN": "房间"}}, "labels/en"),
        ({"labels": LABELS | {"de": "Raum"}}, "labels"),
        ({"choices": ("a",)}, "choices"),
        ({"type": "choice"}, "choices"),
        ({"type": "choice", "choices": ("a", "a")}, "choices"),
        ({"type": "choice", "choices": ("a", " ")}, "choices"),
    ],
)
def test_invalid_custom_field_is_reported_with_pointer(given: dict[str, Any], pointer: str) -> None:
    assert [flaw.pointer for flaw in flaws_of([a_field(name="other"), a_field(**given)])] == [
        f"/fields/1/{pointer}"
    ]


def test_valid_custom_field_has_no_flaw() -> None:
    full = a_field(
        type="choice", choices=("a", "b"), kinds=("incident",), required_on=("create", "close")
    )
    assert list(flaws_of([full])) == []


def test_duplicate_field_names_and_too_many_fields_are_flaws() -> None:
    assert [flaw.pointer for flaw in flaws_of([a_field(), a_field()])] == ["/fields/1/name"]
    many = [a_field(name=f"f{index}") for index in range(MOST_FIELDS + 1)]
    assert [flaw.pointer for flaw in flaws_of(many)] == ["/fields"]


def test_all_flaws_of_all_fields_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[[fields]]\nname = "a"\ncolour = 1\n[[fields]]\ntype = '
        '"text"\n[login]\nattempts = "many"\n'
    )
    with pytest.raises(Misconfigured) as unread:
        load(file, {})
    assert [flaw.pointer for flaw in unread.value.flaws] == [
        "/login/attempts",
        "/fields/0/colour",
        "/fields/0/type",
        "/fields/0/labels",
        "/fields/1/name",
        "/fields/1/labels",
    ]
    file.write_text('[[fields]]\nname = "A"\ntype = "x"\nlabels = {}\n[[routing]]\nname = "r"\n')
    with pytest.raises(Misconfigured) as contradicts:
        load(file, {})
    assert [flaw.pointer for flaw in contradicts.value.flaws] == [
        "/fields/0/name",
        "/fields/0/type",
        "/fields/0/labels/en",
        "/fields/0/labels/zh-CN",
    ]


def test_fields_support_every_action_and_language() -> None:
    assert set(MOMENTS) == {CREATE, *ACTIONS}
    assert set(LANGUAGES) == set(LOCALES)
