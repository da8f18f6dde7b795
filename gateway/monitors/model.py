"""A monitor as a value, and what a ping can say. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NAMESPACE = "ping"
"""The source and the family of keys of what monitors tell."""


class Said(StrEnum):
    """What a ping says: it went well, it begins, it failed, or only something to keep."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"


class State(StrEnum):
    """How a monitor is: never pinged, well, overdue or failed, or not watched."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Ping:
    """One ping: `note` is the beginning of its body, `exit_status` what the job ended with, if it said."""

    said: Said
    note: str = ""
    exit_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor of one integration. Either `period_seconds` or `schedule` says when a ping is expected.

    `expected_at` is when the next one should come, `due_at` when it is overdue; both are None while it is paused.
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
    def state(self) -> State:
        """In one word."""
        if not self.enabled:
            return State.PAUSED
        if self.down_since is not None:
            return State.DOWN
        return State.NEW if self.pinged_at is None else State.UP
