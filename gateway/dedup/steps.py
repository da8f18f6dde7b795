"""The steps by which a batch moves a record on, in the order in which they were decided. Pure values."""

from dataclasses import dataclass
from enum import Enum, auto

from gateway.dedup.known import Words
from gateway.incidents.model import Alert


class Step(Enum):
    """A step that needs no more than its name; LEAVE is that of one alert of several that fires no more."""

    CLEAR = auto()
    REOPEN = auto()
    SETTLE = auto()
    LEAVE = auto()


@dataclass(frozen=True, slots=True)
class Worded:
    """The alert fires with other words than before; `before` is None for one that did not belong to the record yet."""

    source: str
    alert: Alert
    before: Words | None


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """A person acknowledged the alert, took that back, or wrote a note, in the sender's tool."""

    source: str
    alert: Alert


AnyStep = Step | Worded | PersonSaid
