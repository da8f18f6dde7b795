"""The SLA policy: targets per priority and clock, and the shares at which to warn. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

import msgspec

from gateway.sla.calendar import ROUND_THE_CLOCK, Calendar
from gateway.vocabulary import ClockName

MILLION = 1_000_000
BREACH = MILLION
"""The share at which a target is breached.

Shares count in millionths so that every threshold is an exact instant.
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets by priority and clock; a clock without a target is measured and never late.

    `warn_at` are shares of a target between 0 and 1. A resolved record closes by itself once
    `auto_close_after` has counted in `auto_close_in`, which is the policy's calendar only where
    working days were configured. The rest is derived: `steps` are (share in millionths, the word
    of the mark) from the mildest to the breach; `opening` is the counted time from recording to
    the first threshold, by priority (None where nothing is promised); `version` changes with
    anything that may change a due time.
    """

    name: str
    warn_at: tuple[float, ...]
    auto_close_after: timedelta
    targets: Mapping[int, Mapping[ClockName, timedelta]]
    calendar: Calendar = ROUND_THE_CLOCK
    auto_close_in: Calendar = ROUND_THE_CLOCK
    steps: tuple[tuple[int, str], ...] = field(init=False)
    opening: Mapping[int, timedelta | None] = field(init=False)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        """Compute the values that every new incident needs."""
        warnings = sorted({round(share * MILLION) for share in self.warn_at})
        steps = (*((share, f"{share / 10_000:g}") for share in warnings), (BREACH, "breach"))
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "version", self._version())
        object.__setattr__(
            self, "opening", {p: self._first(t, steps[0][0]) for p, t in self.targets.items()}
        )

    def _version(self) -> str:
        rows = sorted(
            (p, sorted((str(clock), target) for clock, target in row.items()))
            for p, row in self.targets.items()
        )
        calendars = self.calendar.version, self.auto_close_in.version
        return digest((self.name, sorted(self.warn_at), self.auto_close_after, rows, calendars))

    @staticmethod
    def _first(targets: Mapping[ClockName, timedelta], share: int) -> timedelta | None:
        fresh = (ClockName.RESPONSE, ClockName.DESK, ClockName.OVERALL)
        return min(
            (portion(targets[name], share) for name in fresh if name in targets), default=None
        )


def digest(content: object) -> str:
    """Return a short hash of the content."""
    return sha256(msgspec.json.encode(content, order="deterministic", enc_hook=_plain)).hexdigest()[
        :16
    ]


def _plain(value: object) -> object:
    """Return a length of time of the settings as a plain timedelta.

    Raises NotImplementedError for others.
    """
    if isinstance(value, timedelta):
        return timedelta() + value
    raise NotImplementedError(f"{type(value).__name__} has no digest")


@lru_cache(4096)
def portion(target: timedelta, share: int) -> timedelta:
    """Return `share` millionths of `target`.

    Rounded up to a microsecond, so that nothing is early.
    """
    return -(target * -share // MILLION)
