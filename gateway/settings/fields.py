"""Flaws of the custom fields of records ([[fields]]), all of them. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from gateway.errors import Flaw
from gateway.settings.process import KINDS, CustomField
from gateway.vocabulary import FieldType

LANGUAGES = ("en", "zh-CN")
"""The languages that labels are needed in."""

MOMENTS = (
    "create",
    "acknowledge",
    "assign",
    "accept",
    "decline",
    "release",
    "return",
    "hold",
    "resume",
    "shelve",
    "unshelve",
    "escalate",
    "resolve",
    "confirm",
    "refuse",
    "close",
    "reject",
    "declare_major",
    "note",
    "rate",
    "call_back",
    "grade",
)
"""The occasions on which a field can be required: creation, or an action of people."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)

MOST_FIELDS = 100
MOST_CHOICES = 200
LONGEST_CHOICE = 200
"""The most characters of a choice."""


def flaws_of(fields: Sequence[CustomField]) -> Iterator[Flaw]:
    """Yield every flaw of the fields, each with its place in the file."""
    names = [one.name for one in fields]
    if len(fields) > MOST_FIELDS:
        yield Flaw("/fields", f"a record has at most {MOST_FIELDS} fields of its own")
    for index, one in enumerate(fields):
        at = f"/fields/{index}"
        if not NAME.fullmatch(one.name):
            yield Flaw(
                f"{at}/name",
                "a name is a small letter and up to 39 small letters, digits and underscores",
            )
        if one.name in names[:index]:
            yield Flaw(f"{at}/name", f"there is a field named {one.name!r} already")
        yield from _unknown(f"{at}/type", [one.type], tuple(FieldType))
        yield from _unknown(f"{at}/kinds", one.kinds, KINDS)
        yield from _unknown(f"{at}/required_on", one.required_on, MOMENTS)
        yield from _unknown(f"{at}/labels", one.labels, LANGUAGES)
        if not one.kinds:
            yield Flaw(f"{at}/kinds", "a field belongs to some kind of record")
        for language in LANGUAGES:
            if not one.labels.get(language, "").strip():
                yield Flaw(f"{at}/labels/{language}", "people read this: say it in every language")
        yield from _choice_flaws(f"{at}/choices", one)


def _unknown(pointer: str, given: Collection[str], known: Collection[str]) -> Iterator[Flaw]:
    for word in given:
        if word not in known:
            yield Flaw(pointer, f"{word!r} is not one of {', '.join(known)}")


def _choice_flaws(pointer: str, field: CustomField) -> Iterator[Flaw]:
    if field.type != FieldType.CHOICE:
        if field.choices:
            yield Flaw(pointer, f"only a field of the type {FieldType.CHOICE} has choices")
        return
    if not 1 <= len(field.choices) <= MOST_CHOICES:
        yield Flaw(pointer, f"there are 1 to {MOST_CHOICES} choices")
    if len(set(field.choices)) < len(field.choices):
        yield Flaw(pointer, "a choice stands there twice")
    if any(
        not choice.strip() or len(choice) > LONGEST_CHOICE or "\0" in choice
        for choice in field.choices
    ):
        yield Flaw(pointer, f"a choice has 1 to {LONGEST_CHOICE} characters")
