"""The state of a dedup key, and its incident, while a batch is being decided. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway.incidents.alert import Alert
from gateway.vocabulary import LIVE, AlertStatus, Kind, State, Tier


@dataclass(slots=True, eq=False)
class IncidentRef:
    """The incident of a key: as it is stored, or (`id` 0) one that this batch is about to open.

    `firing` counts the firing alerts of a storm's master; it is not maintained for records of a
    single key. `was` is the loaded value of `stands`: if the record differs from it once it is
    locked, the batch is decided anew.
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
        """The number to return to the sender, None for a security incident.

        A key that only ingests may not see security incidents.
        """
        return None if self.security else self.number

    @property
    def stands(self) -> tuple[State, str, int, bool, bool]:
        """The facts that decide which incidents may follow this one."""
        return self.state, self.kind, self.priority, self.security, self.suppressed

    @property
    def top(self) -> "IncidentRef":
        """The topmost master, which anything to be linked to this one is linked to.

        So no chain arises, whatever else the batch has linked.
        """
        top = self
        while top.master is not None:
            top = top.master
        return top

    @property
    def live(self) -> bool:
        """True while the record is neither resolved, closed nor rejected."""
        return self.state in LIVE


class AlertTexts(NamedTuple):
    """The texts of an alert that people see.

    `description` is None if an earlier release did not keep it.
    """

    severity: str
    title: str
    description: str | None


def texts_of_alert(alert: Alert) -> AlertTexts:
    """Return the texts of an alert."""
    return AlertTexts(alert.severity, alert.title, alert.description)


@dataclass(slots=True)
class AlertState:
    """The state of one dedup key: loaded, updated item by item, and written back once."""

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
        """The last texts of the alert that were accepted for people to see."""
        return AlertTexts(self.severity, self.title, self.description)

    @words.setter
    def words(self, words: AlertTexts) -> None:
        self.severity, self.title, self.description = words

    @property
    def firing(self) -> bool:
        """True if the sender's last status of the alert is firing."""
        return self.status == AlertStatus.FIRING
