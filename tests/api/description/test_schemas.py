"""JSON schemas use a dialect that every tool reads, and keep the meaning of the Python types."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from gateway.api import clock_events, wire
from gateway.api.description.schemas import (
    SCHEMA_NAMES,
    ecma_pattern,
    make_portable,
    properties_of,
    schemas_of,
    strip_null,
    unify_enum,
)
from gateway.api.setup import chat_accounts, people
from gateway.catalogue import importing
from gateway.incidents import commands
from gateway.untrusted import bounds
from gateway.views.record_fields import Language
from gateway.vocabulary import MonitorState, State, Tier

TEXTS: dict[str, tuple[Any, str]] = {
    "slug": (bounds.Slug, "printer-2"),
    "language": (Language, "zh-Hans-CN"),
    "number": (wire.Number, "INC-20260302-000001"),
    "cursor": (clock_events.Preview.__annotations__["cursor"], "1-0"),
    "provider": (chat_accounts.Provider, "slack"),
    "account": (chat_accounts.Account, "U0123"),
    "login": (people.Login, "olga"),
    "title": (people.Title, "Olga P"),
    "item": (importing.CiName, "db1.example:5432"),
}
ENDS = ("", "\n", "\r", "\u2028", "\nmore", "\x00")
MATCH = (
    "const [p, texts] = JSON.parse(process.argv[1]);console.log(JSON.stringify(texts.map(t => new "
    "RegExp(p, 'u').test(t))))"
)


class Shade(StrEnum):
    """A shade of grey."""

    DARK = "dark"


class Asked(msgspec.Struct):
    """Parameters of some query."""

    shade: list[Shade] | None = None
    size: int | str | None = None
    name: str = ""


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("end", ENDS)
def test_text_ending_in_newline_or_nul_is_refused(name: str, end: str) -> None:
    kind, text = TEXTS[name]
    if end:
        accepted = name in {"title", "account"} and end == "\u2028"
        taken = True
        try:
            msgspec.convert(text + end, kind)
        except msgspec.ValidationError:
            taken = False
        assert taken is accepted
    else:
        assert msgspec.convert(text, kind) == text


@pytest.mark.parametrize("name", TEXTS)
def test_pattern_is_anchored_as_in_ecma_262(name: str) -> None:
    schema = make_portable(msgspec.json.schema(TEXTS[name][0]))
    pattern = schema["pattern"]
    assert pattern.startswith("^")
    assert pattern.endswith("$")
    assert not re.search(r"\\[AZz]|\(\?[P<#]", pattern), "Python's alone"


def read_by_node(pattern: str, texts: list[str]) -> list[bool]:
    said = subprocess.check_output(["node", "-e", MATCH, json.dumps([pattern, texts])])
    return list(json.loads(said))


def read_by_the_standard(pattern: str, texts: list[str]) -> list[bool]:
    """Return which texts match an ECMA pattern, in which `$` is the very end without the flag m."""
    return [re.search(pattern.replace("$", r"\Z"), text) is not None for text in texts]


READERS = [read_by_the_standard, *([read_by_node] if shutil.which("node") else [])]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("reader", READERS)
def test_ecma_pattern_matches_same_texts_as_python_pattern(
    name: str, reader: Callable[[str, list[str]], list[bool]]
) -> None:
    kind, text = TEXTS[name]
    python = msgspec.json.schema(kind)["pattern"]
    texts = [text + end for end in ENDS] + ["", "ÄÖ", "a b", " x"]
    assert reader(ecma_pattern(python), texts) == [
        re.search(python, one) is not None for one in texts
    ]


def test_pattern_without_end_anchor_is_unchanged() -> None:
    assert ecma_pattern("^a") == "^a"


def test_array_schema_declares_its_items() -> None:
    assert make_portable(msgspec.json.schema(list[Any])) == {"type": "array", "items": {}}
    assert make_portable({"type": "array", "items": {"type": "string"}})["items"] == {
        "type": "string"
    }
    pair = make_portable(msgspec.json.schema(tuple[int, str]))
    assert [one["type"] for one in pair["prefixItems"]] == ["integer", "string"]


def test_enum_of_numbers_and_their_texts_becomes_texts() -> None:
    assert unify_enum([1, 2, "1", "2", "vendor"]) == ["1", "2", "vendor"]
    assert unify_enum([1, 2]) == [1, 2]
    assert unify_enum([1, "a"]) == [1, "a"], "a number without its text stays"
    tier = make_portable(msgspec.json.schema(Literal[1, "1"]))
    assert tier["enum"] == ["1"]


def test_assignment_tier_is_accepted_as_number_or_text() -> None:
    given = [msgspec.convert({"tier": tier}, commands.Assign).named_tier for tier in (2, "2")]
    assert given == [Tier.SECOND, Tier.SECOND]


def test_types_with_same_name_get_distinct_schema_names() -> None:
    made = schemas_of([list[State], list[MonitorState]])
    assert set(made.components) == {"RecordState", "MonitorState"}
    assert "RecordState" in SCHEMA_NAMES.values()
    assert {name: one["title"] for name, one in made.components.items()} == {
        n: n for n in made.components
    }


def test_optional_query_parameter_is_not_nullable() -> None:
    shapes = properties_of(Asked)
    assert shapes["shade"]["type"] == "array"
    assert shapes["shade"]["items"]["enum"] == ["dark"]
    assert shapes["size"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    assert shapes["name"] == {"type": "string", "default": ""}
    assert strip_null({"anyOf": [{"type": "null"}, {"type": "integer"}]}) == {
        "anyOf": [{"type": "null"}, {"type": "integer"}]
    }


def test_multiline_description_is_dedented() -> None:
    assert make_portable({"description": "One.\n\n    Two."}) == {"description": "One.\n\nTwo."}


def test_property_may_be_named_like_a_schema_keyword() -> None:
    kind = Annotated[dict[str, int], Meta(description="d")]
    assert make_portable(
        {"properties": {"description": msgspec.json.schema(kind), "enum": {}}}
    ) == {"properties": {"description": msgspec.json.schema(kind), "enum": {}}}
