"""What is asked of a process that reads, and what it answers. Pure."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.errors import Flaw, Forbidden, GatewayError, Malformed, TooLarge, Unauthenticated

ORDER = struct.Struct("!I")
"""An order for a process that reads, by its number: with a connection, to fork it, and without one, to kill it."""

LENGTH_BYTES = 4
"""Bytes of a message's length, the highest first, which stand before it."""

COSTLY = "it takes more time or memory to read than it may"


class TooCostly(Malformed):
    """It takes more time or memory to read than it may."""


class OutOfTimeError(BaseException):
    """The seconds of the processor are used up: no handler of errors on the way is meant for it."""


SAID: tuple[type[GatewayError], ...] = (Malformed, TooLarge, Forbidden, Unauthenticated)
"""Errors that are told as they are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done, and how many seconds of the processor it may take."""

    function: Callable[..., Any]
    given: tuple[Any, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it, or the error that it raised."""

    value: Any = None
    error: type[GatewayError] | None = None
    detail: str = ""
    flaws: tuple[Flaw, ...] = ()


def answer(asked: Asked) -> Answered:
    """Do one; never raises."""
    try:
        return Answered(asked.function(*asked.given))
    except SAID as error:
        return Answered(None, type(error), error.detail, error.flaws)
    except (MemoryError, OutOfTimeError):
        return Answered(None, TooCostly, COSTLY)


def framed(said: bytes) -> bytes:
    """Return a message with its length before it."""
    return len(said).to_bytes(LENGTH_BYTES, "big") + said
