"""The board: figures that the processes of one supervisor share in memory.

It is made before they are forked. The watch writes what it found, the supervisor counts starts,
and the serving process shows all of it as metrics. Each figure has one writer.
"""

import mmap
import struct
from dataclasses import dataclass, field

from gateway.vocabulary import SelfCheck

FIGURE = struct.Struct("=d")

STARTS, ROUND, PING, OWED = range(4)
"""The places of the starts of the serving process, of the times (seconds since 1970) of the last
round and of the last ping, and of the targets that are owed a message."""

CHECKS = {check: 4 + place for place, check in enumerate(SelfCheck)}


def _memory() -> mmap.mmap:
    return mmap.mmap(-1, FIGURE.size * (4 + len(CHECKS)))


@dataclass(frozen=True, slots=True)
class Board:
    """Figures in shared memory, each 0 at first."""

    memory: mmap.mmap = field(default_factory=_memory)

    def read(self, place: int) -> float:
        """Return a figure."""
        found: float = FIGURE.unpack_from(self.memory, place * FIGURE.size)[0]
        return found

    def write(self, place: int, value: float) -> None:
        """Set a figure."""
        FIGURE.pack_into(self.memory, place * FIGURE.size, value)
