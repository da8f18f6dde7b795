"""A value of a request that was mended before its source read it."""

from collections.abc import Iterable
from dataclasses import dataclass

WHOLE = -1
"""The item number of the whole body."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A value that was read otherwise than it was sent, or left out: which item, where in the body, and what was done."""

    item: int
    pointer: str
    what: str


def mended_of(item: int, mended: Iterable[Mended]) -> list[dict[str, str]]:
    """Return what was mended of one item and of the whole body, as receipts show it."""
    return [{"pointer": one.pointer, "what": one.what} for one in mended if one.item in (WHOLE, item)]
