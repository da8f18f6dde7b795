"""Relate rules: which groups an alert belongs to. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.dedup.alert_state import IncidentRef
from gateway.dedup.fingerprint import group_hash
from gateway.incidents.alert import Alert
from gateway.settings import Relate


@dataclass(slots=True)
class Group:
    """One group of one rule; its first live record is the master of those that follow within the window."""

    hash: bytes
    rule: str
    within: timedelta
    master: IncidentRef | None = None
    opened_at: datetime | None = None
    changed: bool = False

    def master_at(self, now: datetime) -> IncidentRef | None:
        """The master a new record would be related to now, if there is one."""
        if self.master is None or self.opened_at is None or not self.master.live or now - self.opened_at > self.within:
            return None
        return self.master

    def lead(self, master: IncidentRef, now: datetime) -> None:
        """From now on `master` is the group's."""
        self.master, self.opened_at, self.changed = master, now, True


def groups_of(alert: Alert, source: str, integration_id: int, rules: Sequence[Relate]) -> Iterator[tuple[bytes, Relate]]:
    """The group of every rule whose fields the alert has all of; a rule on `source` alone never joins everything."""
    for rule in rules:
        values = [_field(alert, integration_id, source, name) for name in rule.by]
        if values and all(values):
            yield group_hash(rule.name, values), rule


def _field(alert: Alert, integration_id: int, source: str, name: str) -> str:
    if name.startswith("labels."):
        return alert.labels.get(name.removeprefix("labels."), "")
    fields = {"service": alert.service, "ci": alert.ci, "source": source, "integration": str(integration_id)}
    return fields.get(name, "")
