"""The run of an escalation policy on a record: its progress and what stopped it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class NotifiedStep:
    """A step of the run that was notified, and when."""

    step: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRun:
    """The progress of an escalation policy, in the version that the record keeps.

    `number` counts the runs of the record. The clock of the run began at `since`, which is None
    while nobody is to be called: the record is over, or follows a master. `told` are the steps
    notified since, `called` the logins of the people they reached, who may take the record.
    `acknowledged_at` is the last time when whoever acknowledged it worked on it.
    """

    policy: str
    version: int
    number: int = 1
    since: datetime | None = None
    told: tuple[NotifiedStep, ...] = ()
    called: tuple[str, ...] = ()
    acknowledged_at: datetime | None = None


def with_called(run: EscalationRun | None, logins: Iterable[str]) -> EscalationRun | None:
    """Return the run with these people called as well."""
    if run is None:
        return None
    return replace(run, called=tuple(dict.fromkeys((*run.called, *logins))))


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(EscalationRun).decode


def from_json(text: str | None) -> EscalationRun | None:
    """Return the run in a column, None for a record without one."""
    return None if text is None else _decode(text)


def to_json(run: EscalationRun | None) -> Any:
    """Return the column of a run."""
    return None if run is None else _encode(run).decode()
