"""What is known of a dedup key while one batch is being decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway.incidents.alert import Alert
from gateway.vocabulary import LIVE, AlertStatus, Kind, State, Tier


@dataclass(slots=True, eq=False)
class IncidentRef:
    """The incident that answers for a key: as it is stored, or (`id` 0) one that this batch is about to open.

    `firing` counts the alerts of a storm's master that fire; it is not kept for records of a single key. `was` is what was
    loaded of where it stands: when the record is found elsewhere once it is locked, the batch is decided anew.
    """

    id: int
    number: str
    state: State
    resolved_at: datetime | None = None
    handler: str = ""
    assignee: str = ""
    group: str = ""
    tier: Tier = Tier.DESK
    storm: bool = False
    master: "IncidentRef | None" = None
    firing: int = 0
    kind: str = Kind.INCIDENT
    priority: int = 4
    security: bool = False
    suppressed: bool = False
    was: tuple[State, str, int, bool, bool] | None = None

    @property
    def told(self) -> str | None:
        """The number for whoever sent the alert, None of a security incident: a key that ingests sees no incidents."""
        return None if self.security else self.number

    @property
    def stands(self) -> tuple[State, str, int, bool, bool]:
        """What decides who may follow it."""
        return self.state, self.kind, self.priority, self.security, self.suppressed

    @property
    def top(self) -> "IncidentRef":
        """The master that whatever would hang on this hangs on: never a chain, whatever else the batch has moved."""
        top = self
        while top.master is not None:
            top = top.master
        return top

    @property
    def live(self) -> bool:
        """Whether work is still owed on it."""
        return self.state in LIVE


class AlertTexts(NamedTuple):
    """The words of an alert that people are shown; `description` is None where an earlier release did not keep it."""

    severity: str
    title: str
    description: str | None


def texts_of(alert: Alert) -> AlertTexts:
    """Return the words that an alert comes with."""
    return AlertTexts(alert.severity, alert.title, alert.description)


@dataclass(slots=True)
class AlertState:
    """One dedup key: its stored row, moved on item by item as the batch is decided, written back once."""

    key_hash: bytes
    is_new: bool = True
    status: str = ""
    occurrence: str = ""
    fired_at: datetime | None = None
    cleared_at: datetime | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    ends_at: datetime | None = None
    occurrences: int = 0
    flaps: int = 0
    flapping_since: datetime | None = None
    suppressed_until: datetime | None = None
    unmatched_at: datetime | None = None
    severity: str = ""
    title: str = ""
    description: str | None = None
    holder: IncidentRef | None = None

    @property
    def words(self) -> AlertTexts:
        """The words its sender last said of it that were taken for what people are shown."""
        return AlertTexts(self.severity, self.title, self.description)

    @words.setter
    def words(self, words: AlertTexts) -> None:
        self.severity, self.title, self.description = words

    @property
    def firing(self) -> bool:
        """Whether its sender last said that it fires."""
        return self.status == AlertStatus.FIRING
