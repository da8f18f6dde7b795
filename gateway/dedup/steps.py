"""Steps: the effects of a batch of alerts on one record, in order. Pure."""

from dataclasses import dataclass
from enum import Enum, auto

from gateway.dedup.alert_state import AlertTexts
from gateway.incidents.alert import Alert


class BareStep(Enum):
    """A step without data.

    LEAVE means that one of several alerts no longer fires, FIRE_AGAIN that one which had cleared
    fires again while the record is open.
    """

    CLEAR = auto()
    REOPEN = auto()
    SETTLE = auto()
    LEAVE = auto()
    FIRE_AGAIN = auto()


@dataclass(frozen=True, slots=True)
class TextsChanged:
    """A firing with other texts or severity; `before` is None for an alert new to the record."""

    source: str
    alert: Alert
    before: AlertTexts | None


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """An act of a person in the sender's tool: acknowledging, taking that back, or a note."""

    source: str
    alert: Alert


AnyStep = BareStep | TextsChanged | PersonSaid
