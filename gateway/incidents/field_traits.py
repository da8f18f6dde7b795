"""The traits of a record's fields; storage, permissions and messages derive from them. Pure.

They stand in the annotation of each field (`incidents/record.py`). A field without traits is
stored and changed like any other, and nobody may edit it by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Any, get_args, get_origin, get_type_hints


class Trait(Enum):
    """A property of a field.

    How its column is written: `OPENED`, for every new record (other columns of new records only
    where one differs from its default); `KEPT`, never after the record was opened; `COUNTED`,
    by SQL alone; `TIMED`, also by a revision that has `marks_only`.

    The group in which people may edit it, whose permissions are in `access/field_permissions.py`:
    `DESCRIBING`, `CLASSIFYING`, `OWNERSHIP`, `SOLVING`; `EDITED`, with permissions of its own.

    `IN_MESSAGES`: messages about the record tell it.
    """

    OPENED = auto()
    KEPT = auto()
    COUNTED = auto()
    TIMED = auto()
    DESCRIBING = auto()
    CLASSIFYING = auto()
    OWNERSHIP = auto()
    SOLVING = auto()
    EDITED = auto()
    IN_MESSAGES = auto()


@dataclass(frozen=True, slots=True)
class StoredAs:
    """The conversion between a field and its column, where it does not follow from the type."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class DescribedField:
    """A field by its type, its traits and its conversion."""

    type: Any
    traits: frozenset[Trait]
    stored: StoredAs | None


def described_fields(record: type) -> dict[str, DescribedField]:
    """Return the fields of a dataclass by name, as their annotations describe them."""
    return {
        name: _described(hint) for name, hint in get_type_hints(record, include_extras=True).items()
    }


def fields_with(record: type, *traits: Trait) -> tuple[str, ...]:
    """Return the names of the fields that have one of the traits."""
    return tuple(
        name for name, one in described_fields(record).items() if not one.traits.isdisjoint(traits)
    )


def _described(hint: Any) -> DescribedField:
    kind, *said = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    return DescribedField(
        kind,
        frozenset(one for one in said if isinstance(one, Trait)),
        next((one for one in said if isinstance(one, StoredAs)), None),
    )
