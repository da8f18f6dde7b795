"""An item that could not be parsed, in a module of its own so that parsers stay pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """An item that could not be parsed and is kept in quarantine; item -1 is the whole body."""

    item: int
    problem: str
    pointer: str
    body: bytes
