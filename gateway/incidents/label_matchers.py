"""Conditions on the labels of alerts, as Alertmanager means them; regular expressions are RE2's. Pure.

RE2 needs time in proportion to the text, whatever the pattern: one that a sender wrote cannot hold up the process. The
program and the automaton of a pattern share `MEMORY` bytes; what needs more is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import re2

from gateway.errors import Malformed

MEMORY = 65_536
"""Bytes that a compiled pattern may take: enough for alternatives of hundreds of names."""

OPTIONS = re2.Options()
OPTIONS.max_mem = MEMORY
OPTIONS.log_errors = False
OPTIONS.never_capture = True
OPTIONS.dot_nl = True  # as in today's Alertmanager, and in PostgreSQL

RUN_MICROSECONDS, COMPILE_MICROSECONDS, REFUSED_MICROSECONDS = 5.0, 100.0, 5_000.0
"""Estimated work of one match of a short text, of compiling a short pattern, and of refusing a huge one."""

PER_INSTRUCTION = 2.0
"""Microseconds that one instruction of its program adds to compiling a pattern."""

STEPS_PER_MICROSECOND = 1_000.0
"""Instructions times bytes of text that RE2 passes in a microsecond where its automaton finds no room."""


class Matcher(msgspec.Struct, frozen=True):
    """A condition on one label; `pattern` is its value as PostgreSQL would run it, with a regular expression anchored."""

    name: str
    sign: str
    value: str
    pattern: str

    def __str__(self) -> str:
        return f'{self.name}{self.sign}"{self.value}"'

    @property
    def is_regex(self) -> bool:
        """Return whether the value is a regular expression."""
        return "~" in self.sign


@dataclass(frozen=True, slots=True)
class Labelled:
    """What matchers look at: the labels of an alert, and the service and item that it is about."""

    labels: Mapping[str, str]
    service: str = ""
    ci: str = ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values under a name: the label's and, for `service` and `ci`, the alert's own; "" where there is none."""
        own = self.service if name == "service" else self.ci if name == "ci" else ""
        return tuple(text for text in (self.labels.get(name, ""), own) if text) or ("",)


class Exhausted(Exception):
    """The work allowed for judging is used up."""


@dataclass(slots=True)
class Work:
    """Microseconds of estimated work that are left; the last step may overdraw it."""

    left: float

    def spend(self, cost: float) -> None:
        """Use some of it; raises Exhausted where nothing was left before."""
        if self.left <= 0:
            raise Exhausted
        self.left -= cost


class Regex:
    """A compiled regular expression that matches a whole text."""

    __slots__ = ("_compiled", "_size")

    def __init__(self, value: str) -> None:
        """Compile; raises Malformed with RE2's reason."""
        try:
            self._compiled = re2.compile(value.encode("utf-8", "surrogatepass"), OPTIONS)
        except re2.error as error:
            raise Malformed(_reason(error)) from error
        self._size: int = self._compiled.programsize

    @property
    def compiling(self) -> float:
        """Return the estimated microseconds that compiling took."""
        return COMPILE_MICROSECONDS + self._size * PER_INSTRUCTION

    def cost(self, text: bytes) -> float:
        """Return the most microseconds that matching the text is estimated to take."""
        return RUN_MICROSECONDS + self._size * len(text) / STEPS_PER_MICROSECOND

    def matches(self, text: bytes) -> bool:
        """Return whether the whole text matches."""
        return self._compiled.fullmatch(text) is not None


def check(matchers: Sequence[Matcher]) -> None:
    """Raise Malformed that names the first matcher whose regular expression RE2 refuses."""
    for place, matcher in enumerate(matchers):
        if matcher.is_regex:
            try:
                Regex(matcher.value)
            except Malformed as error:
                where = f"bad matcher format: /matchers/{place}/value, {str(matcher)[:120]}"
                raise Malformed(f"{where}: {error.detail}") from error


def _reason(error: Exception) -> str:
    told = error.args[0] if error.args else error
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
