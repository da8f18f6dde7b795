"""A value of a request that was repaired before its source adapter read it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

WHOLE = -1
"""The item number that stands for the whole body."""


@dataclass(frozen=True, slots=True)
class RepairedValue:
    """A value that was changed or left out when a request was read.

    It names the item, the place in the body, and what was done.
    """

    item: int
    pointer: str
    what: str


def repairs_of_item(item: int, mended: Iterable[RepairedValue]) -> list[dict[str, str]]:
    """Return the repairs of one item and of the whole body, as receipts show them."""
    return [
        {"pointer": one.pointer, "what": one.what} for one in mended if one.item in (WHOLE, item)
    ]
