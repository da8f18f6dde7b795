"""An item that could not be parsed. Pure.

It has a module of its own because parsers make it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """An item that could not be parsed and is kept in quarantine; item -1 is the whole body."""

    item: int
    problem: str
    pointer: str
    body: bytes
