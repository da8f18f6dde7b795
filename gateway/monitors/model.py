"""Monitors and pings as values. Pure."""

from dataclasses import dataclass
from datetime import datetime

from gateway.vocabulary import MonitorState, PingSignal

NAMESPACE = "ping"
"""The source and the namespace of deduplication keys of the alerts that monitors raise."""


@dataclass(frozen=True, slots=True)
class Ping:
    """One ping.

    `note` is the beginning of its body, `exit_status` the exit status of the job, if it was
    sent.
    """

    said: PingSignal
    note: str = ""
    exit_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor of an integration; `period_seconds` or `schedule` says when pings are expected.

    `expected_at` is when the next ping should come, `due_at` when it is overdue; both are None
    while the monitor is paused.
    """

    id: int
    integration_id: int
    integration: str
    slug: str
    name: str
    description: str = ""
    period_seconds: int | None = None
    schedule: str = ""
    zone: str = "UTC"
    grace_seconds: int
    severity: str = ""
    service: str = ""
    ci: str = ""
    enabled: bool = True
    pinged_at: datetime | None = None
    started_at: datetime | None = None
    down_since: datetime | None = None
    exit_status: int | None = None
    note: str = ""
    expected_at: datetime | None = None
    due_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> MonitorState:
        """Return the state of the monitor."""
        if not self.enabled:
            return MonitorState.PAUSED
        if self.down_since is not None:
            return MonitorState.DOWN
        return MonitorState.NEW if self.pinged_at is None else MonitorState.UP
