"""The steps by which a batch moves a record on, in the order in which they were decided. Pure values."""

from dataclasses import dataclass
from enum import Enum, auto

from gateway.incidents.model import Alert


class Step(Enum):
    """A step that needs no more than its name."""

    CLEAR = auto()
    REOPEN = auto()
    SETTLE = auto()


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """A person acknowledged the alert, took that back, or wrote a note, in the sender's tool."""

    source: str
    alert: Alert


AnyStep = Step | PersonSaid
