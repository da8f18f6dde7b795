"""Troubles: checks that fail for long enough to be told, and when which target hears of them. Pure.

Time is that of a monotonic clock, in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.vocabulary import SelfCheck
from gateway.watch.checks import Verdict


@dataclass(frozen=True, slots=True)
class Troubles:
    """The troubles that last.

    `since` is when each check began to fail, `well` when each trouble began to pass again, and
    `confirmed` the troubles with their latest detail.
    """

    since: Mapping[SelfCheck, float] = field(default_factory=dict)
    well: Mapping[SelfCheck, float] = field(default_factory=dict)
    confirmed: Mapping[SelfCheck, str] = field(default_factory=dict)

    def after(self, verdict: Verdict, now: float, bound: float) -> "Troubles":
        """Return the troubles after a round: a check fails, or passes again, for `bound` seconds.

        What a round could not know stays as it was.
        """
        since = {check: at for check, at in self.since.items() if check not in verdict.passing}
        since |= {check: now for check in verdict.failing if check not in since}
        well = {check: at for check, at in self.well.items() if check not in verdict.failing}
        well |= {
            check: now for check in verdict.passing if check in self.confirmed and check not in well
        }
        over = {check for check, at in well.items() if now - at >= bound}
        kept = {check: text for check, text in self.confirmed.items() if check not in over}
        new = {
            check: text
            for check, text in verdict.failing.items()
            if check in kept or now - since[check] >= bound
        }
        return Troubles(
            since, {check: at for check, at in well.items() if check not in over}, {**kept, **new}
        )


@dataclass(frozen=True, slots=True)
class Told:
    """The troubles that one target knows of, and the time when it last heard of them."""

    checks: frozenset[SelfCheck] = frozenset()
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """A message that one target is owed: troubles that are new, that go on, and that are over."""

    new: tuple[SelfCheck, ...]
    going_on: tuple[SelfCheck, ...]
    over: tuple[SelfCheck, ...]

    @property
    def present(self) -> frozenset[SelfCheck]:
        """The troubles that the target knows of once it has the message."""
        return frozenset((*self.new, *self.going_on))


def report_owed(told: Told, troubles: Troubles, now: float, repeat: float) -> Report | None:
    """Return the message that a target is owed now, None for none.

    It is owed once per trouble, again every `repeat` seconds while one goes on, and when one is
    over. It stays owed until it was delivered.
    """
    present = frozenset(troubles.confirmed)
    changed = present != told.checks
    if not changed and not (present and now - told.at >= repeat):
        return None
    return Report(
        _ordered(present - told.checks),
        _ordered(present & told.checks),
        _ordered(told.checks - present),
    )


def delivered(told: Told, report: Report, now: float) -> Told:
    """Return what the target was told, once the message was delivered."""
    return replace(told, checks=report.present, at=now)


def _ordered(checks: frozenset[SelfCheck]) -> tuple[SelfCheck, ...]:
    return tuple(check for check in SelfCheck if check in checks)


def recent_starts(starts: Mapping[int, float], count: int, now: float, within: float) -> int:
    """Return how many of the first `count` starts were noticed within the last seconds.

    `starts` are the times at which each number of starts was first seen.
    """
    return sum(1 for number, at in starts.items() if number <= count and now - at <= within)
