"""Gives memory that is no longer used back to the system.

Bodies come in pieces that lie between what lives on, so that the C library keeps what was freed of them: a thousand uploads
that were broken off left a gigabyte, of which nothing was used. What grew is collected and trimmed.
"""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

EVERY = 5.0
"""Seconds between two looks."""

GROWN, LITTLE = 8 << 20, 1 << 20
"""Bytes by which memory grows until it is trimmed, and by which a trimming changes it that was not worth it."""

PAGE = os.sysconf("SC_PAGE_SIZE")
STATM = Path("/proc/self/statm")


def resident() -> int:
    """Return how many bytes of this process are in memory; 0 where the system does not tell."""
    try:
        return int(STATM.read_text("ascii").split()[1]) * PAGE
    except FileNotFoundError:
        return 0


def trim() -> None:
    """Give back the pages that are free, where the C library can."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


@dataclass(slots=True)
class Memory:
    """Looks after the memory of this process."""

    used: Callable[[], int] = resident
    free: Callable[[], None] = trim
    settled: int = field(init=False)
    again: bool = False

    def __post_init__(self) -> None:
        self.settled = self.used()

    async def run_once(self) -> None:
        """Collect what is young and trim where the process grew, and again until that changes nothing: much may yet be in use."""
        used = self.used()
        if not self.again and used <= self.settled + GROWN:
            self.settled = min(self.settled, used)
            return
        gc.collect(1)
        await asyncio.to_thread(self.free)
        used = self.used()
        self.again = abs(used - self.settled) > LITTLE
        self.settled = used
