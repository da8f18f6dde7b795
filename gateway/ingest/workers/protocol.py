"""The messages between the gateway and a worker process. Pure."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.errors import Flaw, Forbidden, GatewayError, Malformed, TooLarge, Unauthenticated

ORDER = struct.Struct("!I")
"""An order to the forker, with the number of a worker.

With a connection it means to fork that worker, without one to kill it.
"""

LENGTH_BYTES = 4
"""Bytes of the length in front of a message, in big-endian order."""

TOO_COSTLY = "it takes more time or memory to read than it may"


class TooCostly(Malformed):
    """Reading the body takes more time or memory than allowed."""


class OutOfTimeError(BaseException):
    """The processor time is used up; a BaseException, so that no handler of errors catches it."""


PASSED_ON_ERRORS: tuple[type[GatewayError], ...] = (Malformed, TooLarge, Forbidden, Unauthenticated)
"""Errors that are passed on unchanged."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function to call, its arguments, and the seconds of processor time it may take."""

    function: Callable[..., Any]
    given: tuple[Any, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call, or the error that it raised."""

    value: Any = None
    error: type[GatewayError] | None = None
    detail: str = ""
    flaws: tuple[Flaw, ...] = ()


def run_call(asked: FunctionCall) -> CallResult:
    """Call the function and return its result; raises none of the expected errors."""
    try:
        return CallResult(asked.function(*asked.given))
    except PASSED_ON_ERRORS as error:
        return CallResult(None, type(error), error.detail, error.flaws)
    except (MemoryError, OutOfTimeError):
        return CallResult(None, TooCostly, TOO_COSTLY)


def frame_message(said: bytes) -> bytes:
    """Return a message with its length in front."""
    return len(said).to_bytes(LENGTH_BYTES, "big") + said
