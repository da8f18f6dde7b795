"""When a silent process is ended, and whether one that ended is started again (pure)."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

LOOK = 0.25
"""Seconds between two looks at the process, which sends a beat as often."""

SILENT = 10.0
"""Seconds of looks without a beat after which a process is taken for stuck and ended."""

GRACE = 1.0
"""Seconds between SIGABRT, by which a stuck process says where it is, and SIGKILL."""

PAUSES = (0.0, 1.0, 2.0)
LONGEST_PAUSE = 5.0
"""Seconds before the first, second, third and every further start of a process that keeps dying."""

SETTLED = 60.0
"""Seconds of serving after which earlier deaths are forgotten."""


class Reason(StrEnum):
    """Why a process was restarted."""

    SILENT = "silent"
    KILLED = "killed"
    FAILED = "failed"
    ENDED = "ended"


class Step(Enum):
    """What is done to a process that says nothing."""

    WAIT = auto()
    ASK = auto()
    KILL = auto()


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended: `status` is its exit status, or the negative number of the signal that ended it."""

    status: int
    served_for: float | None
    silent: bool = False

    @property
    def reason(self) -> Reason:
        """The reason of the restart that follows."""
        if self.silent:
            return Reason.SILENT
        if self.status < 0:
            return Reason.KILLED
        return Reason.FAILED if self.status else Reason.ENDED


def step(looks: int) -> Step:
    """Return what to do after so many looks in a row without a beat.

    Looks are counted, not seconds: a machine that was suspended, or stopped as a whole, did not look either.
    """
    if looks < round(SILENT / LOOK):
        return Step.WAIT
    return Step.ASK if looks < round((SILENT + GRACE) / LOOK) else Step.KILL


@dataclass(frozen=True, slots=True)
class Deaths:
    """The deaths since the process last served for long, and whether any of its starts ever served."""

    count: int = 0
    served: bool = False

    def after(self, end: End) -> "Deaths":
        """Return the same with one more death."""
        settled = end.served_for is not None and end.served_for >= SETTLED
        return Deaths(1 if settled else self.count + 1, self.served or end.served_for is not None)

    def pause(self, *, stopping: bool) -> float | None:
        """Return the seconds until the next start, None where there is none.

        A process that never served is not started again: its settings are wrong, and it has said so.
        """
        if stopping or not self.served:
            return None
        return PAUSES[self.count - 1] if self.count <= len(PAUSES) else LONGEST_PAUSE
