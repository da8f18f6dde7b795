"""An item that could not be understood, apart from what carries it through intake, so that parsers stay pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """One item that could not be understood: kept in quarantine. Item -1 is the whole body."""

    item: int
    problem: str
    pointer: str
    body: bytes
