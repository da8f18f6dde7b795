"""A row of the outbox as the notifier claims it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.incidents.record import UNRANKED


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One claimed row.

    `attempts` counts this one, `claimed_at` is the database's time of the claim. `method` is the
    index of the person's contact method to try, `may_recover` says that an earlier one may work
    later. `security` says that its incident is flagged as a security incident at the time of the
    claim. A row of a further step begins with contact method `step`, and `sequence` is the first
    row of its sequence. `held_for` says why it waited until `held_until`.
    """

    id: UUID
    incident_id: int | None
    channel: str
    recipient: str
    role: str
    template: str
    facts: Mapping[str, Any]
    created_at: datetime
    attempts: int
    claimed_at: datetime
    urgency: int = UNRANKED
    method: int = 0
    may_recover: bool = False
    security: bool = False
    step: int = 0
    sequence: UUID | None = None
    held_until: datetime | None = None
    held_for: str = ""

    @property
    def due_since(self) -> datetime:
        """The moment since which the message is to be sent: what waited on purpose is not old."""
        return max(self.created_at, self.held_until or self.created_at)
