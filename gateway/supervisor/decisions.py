"""Decisions of the supervisor: when a silent process is killed, when a dead one restarts. Pure."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

CHECK_SECONDS = 0.25
"""Seconds between two checks of the process, which sends a beat as often."""

BEAT_TIMEOUT = 10.0
"""Seconds of checks without a beat after which a process counts as stuck."""

GRACE = 1.0
"""Seconds between SIGABRT, at which a stuck process writes its stack, and SIGKILL."""

PAUSES = (0.0, 1.0, 2.0)
LONGEST_PAUSE = 5.0
"""Seconds before the first, second, third and every further restart of a process."""

SETTLED = 60.0
"""Seconds of serving after which earlier deaths are forgotten."""


class RestartReason(StrEnum):
    """Reasons for a restart."""

    SILENT = "silent"
    KILLED = "killed"
    FAILED = "failed"
    ENDED = "ended"


class WatchAction(Enum):
    """Actions on a silent process."""

    WAIT = auto()
    ASK = auto()
    KILL = auto()


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """The end of a process.

    `status` is its exit status, or the negative number of the signal that ended it.
    """

    status: int
    served_for: float | None
    silent: bool = False

    @property
    def reason(self) -> RestartReason:
        """The reason for the restart that follows."""
        if self.silent:
            return RestartReason.SILENT
        if self.status < 0:
            return RestartReason.KILLED
        return RestartReason.FAILED if self.status else RestartReason.ENDED


def choose_action(looks: int) -> WatchAction:
    """Return the action after `looks` checks in a row without a beat.

    Checks are counted, not seconds: a machine that was suspended, or stopped as a whole, did not
    check either.
    """
    if looks < round(BEAT_TIMEOUT / CHECK_SECONDS):
        return WatchAction.WAIT
    return (
        WatchAction.ASK
        if looks < round((BEAT_TIMEOUT + GRACE) / CHECK_SECONDS)
        else WatchAction.KILL
    )


@dataclass(frozen=True, slots=True)
class RecentDeaths:
    """The deaths since the process last served for long, and whether any start ever served."""

    count: int = 0
    served: bool = False

    def after(self, end: ProcessEnd) -> "RecentDeaths":
        """Return these deaths and one more."""
        settled = end.served_for is not None and end.served_for >= SETTLED
        return RecentDeaths(
            1 if settled else self.count + 1, self.served or end.served_for is not None
        )

    def pause(self, *, stopping: bool) -> float | None:
        """Return the seconds until the restart, None for no restart.

        A process that never served is not restarted: its settings are wrong, and it has reported
        that.
        """
        if stopping or not self.served:
            return None
        return PAUSES[self.count - 1] if self.count <= len(PAUSES) else LONGEST_PAUSE
