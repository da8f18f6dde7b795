"""The checks of the gateway itself: what was observed in one round, and what it means. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.vocabulary import SelfCheck

OF_PROCESS = (SelfCheck.TIMERS, SelfCheck.INTAKE, SelfCheck.NOTIFIER, SelfCheck.TASKS)
"""The checks that the readiness probe of the serving process answers by these names."""

OF_DATABASE = (
    SelfCheck.OVERDUE_TIMERS,
    SelfCheck.STUCK_OUTBOX,
    SelfCheck.SILENT_RECORDS,
    SelfCheck.UNREACHABLE_PEOPLE,
)
"""The checks that are read from the database."""

MOST_STARTS = 2
"""The starts of the serving process, within a while, that are no loop yet."""


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """The figures that the database told at `at`.

    `overdue` timers are late by more than the bound; the outbox has not tried a message that is
    due since `outbox_late`; `silent` records were told to nobody; `unreachable` are the logins of
    people on shift whom no message reaches.
    """

    at: datetime
    overdue: int = 0
    outbox_late: timedelta = timedelta()
    silent: int = 0
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """The result of one round.

    `probe` are the checks that the serving process answered, None without an answer, and `starts`
    how often it was started within a while. `figures` are those of the database, None where it
    could not be written to, which `problem` explains.
    """

    probe: Mapping[str, bool] | None
    starts: int = 1
    figures: DatabaseFigures | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checks that failed in a round, each with its detail, and those that passed.

    What is in neither could not be known, because the process or the database did not answer.
    """

    failing: Mapping[SelfCheck, str] = field(default_factory=dict)
    passing: frozenset[SelfCheck] = frozenset()


def judge(seen: Observation, outbox_late: timedelta) -> Verdict:
    """Return what an observation means.

    While the database is away, the parts of the process that need it say nothing of their own.
    """
    known: dict[SelfCheck, str] = {SelfCheck.SERVING: "", SelfCheck.DATABASE: ""}
    if seen.probe is None:
        known[SelfCheck.SERVING] = "no answer"
    elif seen.starts > MOST_STARTS:
        known[SelfCheck.SERVING] = f"started {seen.starts} times"
    if seen.figures is None:
        known[SelfCheck.DATABASE] = seen.problem or "no answer"
    else:
        known |= _of_figures(seen.figures, outbox_late)
        probe = seen.probe or {}
        known |= {
            check: "" if probe[check] else "not working" for check in OF_PROCESS if check in probe
        }
    failing = {check: known[check] for check in SelfCheck if known.get(check)}
    return Verdict(failing, frozenset(known) - failing.keys())


def _of_figures(figures: DatabaseFigures, outbox_late: timedelta) -> dict[SelfCheck, str]:
    late = figures.outbox_late
    return {
        SelfCheck.OVERDUE_TIMERS: str(figures.overdue) if figures.overdue else "",
        SelfCheck.STUCK_OUTBOX: f"{late // timedelta(seconds=1)} s" if late > outbox_late else "",
        SelfCheck.SILENT_RECORDS: str(figures.silent) if figures.silent else "",
        SelfCheck.UNREACHABLE_PEOPLE: ", ".join(figures.unreachable),
    }
