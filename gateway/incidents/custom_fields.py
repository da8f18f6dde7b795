"""Custom fields that the configuration adds to records: types and required values. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any, assert_never

from gateway.errors import Flaw, Malformed, Unprocessable
from gateway.incidents.labels import LOCALES
from gateway.incidents.lifecycle import ACTIONS
from gateway.settings import CustomField
from gateway.vocabulary import FieldType

LONGEST = 4_096
"""The number of characters of a text, at most."""

BIGGEST = 2**53
"""The largest number that all JSON implementations read alike (RFC 8259, section 6)."""

CREATE = "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldDefinition:
    """A custom field; `labels` by language, `required_on` are actions of people and "create"."""

    name: str
    type: FieldType
    labels: Mapping[str, str]
    kinds: frozenset[str]
    choices: tuple[str, ...]
    required_on: tuple[str, ...]

    def flaw(self, value: object) -> str | None:
        """Return a description of what is wrong with a value, or None."""
        return None if self._fits(value) else self._wanted()

    def _fits(self, value: object) -> bool:
        match self.type:
            case FieldType.TEXT:
                return isinstance(value, str) and len(value) <= LONGEST and "\0" not in value
            case FieldType.NUMBER:
                number = isinstance(value, int | float) and not isinstance(value, bool)
                return number and isfinite(value) and abs(value) <= BIGGEST  # type: ignore[arg-type]
            case FieldType.DATE:
                return isinstance(value, str) and _is_date(value)
            case FieldType.CHOICE:
                return value in self.choices
            case FieldType.BOOLEAN:
                return isinstance(value, bool)
            case _:
                assert_never(self.type)

    def _wanted(self) -> str:
        return {
            FieldType.TEXT: f"must be a text of at most {LONGEST} characters",
            FieldType.NUMBER: f"must be a number from -{BIGGEST} to {BIGGEST}",
            FieldType.DATE: "must be a date such as 2026-03-02",
            FieldType.CHOICE: "must be one of " + ", ".join(self.choices),
            FieldType.BOOLEAN: "must be true or false",
        }[self.type]

    def read(self, text: str) -> Any:
        """Return the value that a filter's `text` stands for; raises Malformed."""
        value: Any = text
        if self.type is FieldType.BOOLEAN:
            value = {"true": True, "false": False}.get(text)
        elif self.type is FieldType.NUMBER:
            value = _number(text)
        if (flaw := self.flaw(value)) is not None:
            raise Malformed(f"field.{self.name} {flaw}", flaws=(Flaw(f"/field.{self.name}", flaw),))
        return value


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_date(text: str) -> bool:
    """Return whether the text is YYYY-MM-DD.

    Other forms of ISO 8601 are refused, so that a search finds a date by its one spelling.
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _number(text: str) -> float | None:
    try:
        return int(text) if text.lstrip("+-").isdecimal() and len(text) < 20 else float(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class CustomFields:
    """All custom fields by name, in the order of the configuration."""

    definitions: Mapping[str, CustomFieldDefinition] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, sections: Sequence[CustomField]) -> "CustomFields":
        """Read the configuration, which `settings.fields.flaws_of` has checked."""
        return cls({one.name: _definition(one) for one in sections})

    def merged(
        self, kind: str, present: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the field values of a record after `changes`.

        Null or an empty text removes a value. Raises Unprocessable with a pointer to every
        refused value: of an unknown field, of one that records of the kind do not have, or of
        another type. The value of a field that left the configuration stays until it is removed.
        """
        flaws = tuple(self._flaws(kind, present, changes))
        if flaws:
            raise Unprocessable(
                f"fields: {flaws[0].pointer.rpartition('/')[2]} {flaws[0].detail}", flaws=flaws
            )
        merged = {**present, **changes}
        return {name: merged[name] for name in sorted(merged) if not _empty(merged[name])}

    def _flaws(
        self, kind: str, present: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> Iterator[Flaw]:
        for name, value in changes.items():
            known = self.definitions.get(name)
            detail = None
            if known is None:
                detail = (
                    None
                    if value is None and name in present
                    else "is no field here: GET /api/v1/fields lists them"
                )
            elif not _empty(value):
                detail = (
                    known.flaw(value)
                    if kind in known.kinds
                    else f"is not for records of the kind {kind}"
                )
            if detail is not None:
                yield Flaw(f"/fields/{name}", detail)

    def missing(
        self, kind: str, values: Mapping[str, Any], moments: Iterable[str]
    ) -> tuple[str, ...]:
        """Return the fields that a record of the kind must have at one of `moments` but lacks."""
        wanted = frozenset(moments)
        return tuple(
            name
            for name, one in self.definitions.items()
            if name not in values and kind in one.kinds and not wanted.isdisjoint(one.required_on)
        )

    def require(self, kind: str, values: Mapping[str, Any], moments: Iterable[str]) -> None:
        """Raise Unprocessable with a pointer to every missing field."""
        if missing := self.missing(kind, values, moments):
            flaws = tuple(Flaw(f"/fields/{name}", "is needed first") for name in missing)
            raise Unprocessable(f"set first: {', '.join(missing)}", flaws=flaws)

    def filter(self, asked: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the values that a filter by fields requires.

        Raises Malformed for an unknown field, or for a value of another type.
        """
        if unknown := [name for name in asked if name not in self.definitions]:
            flaw = Flaw(
                f"/field.{unknown[0]}", "there is no such field: GET /api/v1/fields lists them"
            )
            raise Malformed(f"no field is named {unknown[0]!r}", flaws=(flaw,))
        return {name: self.definitions[name].read(text) for name, text in asked.items()}


NO_FIELDS = CustomFields()


def _definition(section: CustomField) -> CustomFieldDefinition:
    return CustomFieldDefinition(
        name=section.name,
        type=FieldType(section.type),
        labels={locale: section.labels[locale] for locale in LOCALES},
        kinds=frozenset(section.kinds),
        choices=section.choices,
        required_on=section.required_on,
    )


def moments_of(command: type) -> tuple[str, ...]:
    """Return the words by which the configuration names a command."""
    return tuple(word for word, kind in ACTIONS.items() if kind is command)
