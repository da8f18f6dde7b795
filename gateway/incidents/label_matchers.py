"""Conditions on alert labels, with Alertmanager's semantics and RE2 expressions. Pure.

RE2's time is proportional to the text for any pattern: one that a sender wrote cannot block the
process. The program and the automaton of a pattern share `MEMORY` bytes; a pattern that needs
more is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import re2

from gateway.errors import Malformed

MEMORY = 65_536
"""The bytes that a compiled pattern may take: enough for alternatives of hundreds of names."""

OPTIONS = re2.Options()
OPTIONS.max_mem = MEMORY
OPTIONS.log_errors = False
OPTIONS.never_capture = True
OPTIONS.dot_nl = True  # as in today's Alertmanager, and in PostgreSQL

RUN_MICROSECONDS, COMPILE_MICROSECONDS, REFUSED_MICROSECONDS = 5.0, 100.0, 5_000.0
"""The estimated work of a match of a short text, of a short compilation, and of a refusal.

A refusal is that of a huge pattern.
"""

PER_INSTRUCTION = 2.0
"""The microseconds that each instruction of its program adds to the compilation of a pattern."""

STEPS_PER_MICROSECOND = 1_000.0
"""Instructions times bytes of text that RE2 processes per microsecond without its automaton.

RE2 does without the automaton if that does not fit into memory.
"""


class Matcher(msgspec.Struct, frozen=True):
    """A condition on one label.

    `pattern` is its value as PostgreSQL would run it, with a regular expression anchored.
    """

    name: str
    sign: str
    value: str
    pattern: str

    def __str__(self) -> str:
        return f'{self.name}{self.sign}"{self.value}"'

    @property
    def is_regex(self) -> bool:
        """True if the value is a regular expression."""
        return "~" in self.sign


@dataclass(frozen=True, slots=True)
class MatchedAlert:
    """The labels of an alert, and its service and item, for matchers."""

    labels: Mapping[str, str]
    service: str = ""
    ci: str = ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values under a name; "" if there is none.

        They are the label's and, for `service` and `ci`, the alert's own.
        """
        own = self.service if name == "service" else self.ci if name == "ci" else ""
        return tuple(text for text in (self.labels.get(name, ""), own) if text) or ("",)


class WorkExhausted(Exception):
    """An error: the work allowed for matching is used up."""


@dataclass(slots=True)
class MatchWork:
    """The estimated work left, in microseconds; the last step may overdraw it."""

    left: float

    def spend(self, cost: float) -> None:
        """Use some of the work; raises Exhausted if none was left."""
        if self.left <= 0:
            raise WorkExhausted
        self.left -= cost


class Regex:
    """A compiled regular expression that matches a whole text."""

    __slots__ = ("_compiled", "_size")

    def __init__(self, value: str) -> None:
        """Compile an expression; raises Malformed with RE2's reason."""
        try:
            self._compiled = re2.compile(value.encode("utf-8", "surrogatepass"), OPTIONS)
        except re2.error as error:
            raise Malformed(_reason(error)) from error
        self._size: int = self._compiled.programsize

    @property
    def compiling(self) -> float:
        """The estimated microseconds that compiling took."""
        return COMPILE_MICROSECONDS + self._size * PER_INSTRUCTION

    def cost(self, text: bytes) -> float:
        """Return the highest estimate of the microseconds that matching the text takes."""
        return RUN_MICROSECONDS + self._size * len(text) / STEPS_PER_MICROSECOND

    def matches(self, text: bytes) -> bool:
        """Return whether the whole text matches."""
        return self._compiled.fullmatch(text) is not None


def check_patterns(matchers: Sequence[Matcher]) -> None:
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
