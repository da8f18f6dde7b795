"""The script of what a caller hears and does next, for any telephone system. Pure."""

from dataclasses import dataclass
from urllib.parse import urlencode

from gateway.incidents.labels import LOCALES, Locale

LONGEST_S, WAIT_S, RING_S = 180, 8, 25
"""Maximum seconds of a caller's recording, of waiting for a key, and of ringing."""


@dataclass(frozen=True, slots=True)
class DialogueStep:
    """A step of the dialogue with a caller.

    It holds the question, the language, and the number of times it went unanswered. `token`
    identifies the record of a call that the gateway made.
    """

    step: str = "start"
    locale: Locale | None = None
    turn: int = 0
    token: str = ""

    @property
    def query(self) -> str:
        """The step as the query of a URL."""
        known = {
            "step": self.step,
            "locale": self.locale or "",
            "turn": self.turn or "",
            "about": self.token,
        }
        return urlencode({name: value for name, value in known.items() if value})


@dataclass(frozen=True, slots=True)
class Say:
    """An instruction to read a text out."""

    text: str
    locale: Locale


@dataclass(frozen=True, slots=True)
class Ask:
    """An instruction to read texts out, wait for one key, and go on at `to`."""

    says: tuple[Say, ...]
    to: DialogueStep


@dataclass(frozen=True, slots=True)
class Record:
    """An instruction to record the caller, and go on at `to`."""

    to: DialogueStep
    locale: Locale


@dataclass(frozen=True, slots=True)
class Dial:
    """An instruction to connect to a number, and go on at `to` when that call is over."""

    number: str
    to: DialogueStep


@dataclass(frozen=True, slots=True)
class HangUp:
    """An instruction to end the call."""


Script = tuple[Say | Ask | Record | Dial | HangUp, ...]


def parse_step(step: str, locale: str, turn: str, token: str) -> DialogueStep:
    """Return the step in the query of a URL; an unknown one is the beginning."""
    known = next((one for one in LOCALES if one == locale), None)
    return DialogueStep(step or "start", known, int(turn) if turn in {"1", "2", "3"} else 0, token)
