"""What a caller is to hear and do next, whatever telephone system says it. Pure."""

from dataclasses import dataclass
from urllib.parse import urlencode

from gateway.incidents.labels import LOCALES, Locale

LONGEST_S, WAIT_S, RING_S = 180, 8, 25
"""Seconds that a message left by a caller may last, a key is waited for, and a phone rings."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a conversation a caller is: what they are asked, in which language, and how often without an answer.

    `token` is what a call that the gateway made is about.
    """

    step: str = "start"
    locale: Locale | None = None
    turn: int = 0
    token: str = ""

    @property
    def query(self) -> str:
        """The place as part of an address."""
        known = {"step": self.step, "locale": self.locale or "", "turn": self.turn or "", "about": self.token}
        return urlencode({name: value for name, value in known.items() if value})


@dataclass(frozen=True, slots=True)
class Say:
    """Read this out."""

    text: str
    locale: Locale


@dataclass(frozen=True, slots=True)
class Ask:
    """Read these out and wait for one key, then go on at `to`."""

    says: tuple[Say, ...]
    to: Place


@dataclass(frozen=True, slots=True)
class Record:
    """Record what the caller says, then go on at `to`."""

    to: Place
    locale: Locale


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect to a number, and go on at `to` when that is over."""

    number: str
    to: Place


@dataclass(frozen=True, slots=True)
class HangUp:
    """It is over."""


Script = tuple[Say | Ask | Record | Dial | HangUp, ...]


def place_of(step: str, locale: str, turn: str, token: str) -> Place:
    """The place that an address says; what cannot be one is the beginning."""
    known = next((one for one in LOCALES if one == locale), None)
    return Place(step or "start", known, int(turn) if turn in {"1", "2", "3"} else 0, token)
