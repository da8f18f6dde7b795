"""Relate rules and the groups that an alert belongs to by them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.dedup.alert_state import IncidentRef
from gateway.dedup.fingerprint import group_hash
from gateway.incidents.alert import Alert
from gateway.settings import RelateRule


@dataclass(slots=True)
class RelateGroup:
    """A group of a relate rule.

    Its first live record is the master of those that follow within the window.
    """

    hash: bytes
    rule: str
    within: timedelta
    master: IncidentRef | None = None
    opened_at: datetime | None = None
    changed: bool = False

    def master_at(self, now: datetime) -> IncidentRef | None:
        """Return the master that a new record would be related to at `now`, or None."""
        if (
            self.master is None
            or self.opened_at is None
            or not self.master.live
            or now - self.opened_at > self.within
        ):
            return None
        return self.master

    def lead(self, master: IncidentRef, now: datetime) -> None:
        """Make `master` the group's master from `now` on."""
        self.master, self.opened_at, self.changed = master, now, True


def groups_of(
    alert: Alert, source: str, integration_id: int, rules: Sequence[RelateRule]
) -> Iterator[tuple[bytes, RelateRule]]:
    """Yield the group of every rule of which the alert has all fields.

    An alert that lacks one of the fields belongs to no group of that rule.
    """
    for rule in rules:
        values = [_field(alert, integration_id, source, name) for name in rule.by]
        if values and all(values):
            yield group_hash(rule.name, values), rule


def _field(alert: Alert, integration_id: int, source: str, name: str) -> str:
    if name.startswith("labels."):
        return alert.labels.get(name.removeprefix("labels."), "")
    fields = {
        "service": alert.service,
        "ci": alert.ci,
        "source": source,
        "integration": str(integration_id),
    }
    return fields.get(name, "")
