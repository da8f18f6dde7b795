"""The return of unused memory to the operating system.

Pieces of request bodies lie between objects that live on, so the C library keeps the memory
freed of them: a thousand uploads that were broken off left a gigabyte allocated and unused.
Memory that grew is collected and trimmed.
"""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

EVERY = 5.0
"""Seconds between two checks."""

GROWTH_TO_TRIM, NEGLIGIBLE_CHANGE = 8 << 20, 1 << 20
"""Bytes of growth that lead to a trim, and the change below which a trim is not repeated."""

PAGE = os.sysconf("SC_PAGE_SIZE")
STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Return the resident bytes of this process; 0 on a system without /proc."""
    try:
        return int(STATM.read_text("ascii").split()[1]) * PAGE
    except FileNotFoundError:
        return 0


def trim() -> None:
    """Return free pages to the system, if the C library has `malloc_trim`."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


@dataclass(slots=True)
class MemoryTrimmer:
    """A periodic trimmer of this process's memory."""

    used: Callable[[], int] = resident_bytes
    free: Callable[[], None] = trim
    settled: int = field(init=False)
    again: bool = False

    def __post_init__(self) -> None:
        self.settled = self.used()

    async def run_once(self) -> None:
        """Collect young objects and trim, if the process grew.

        The next run repeats it until a trim changes nothing, because much may still be in use at
        the first.
        """
        used = self.used()
        if not self.again and used <= self.settled + GROWTH_TO_TRIM:
            self.settled = min(self.settled, used)
            return
        gc.collect(1)
        await asyncio.to_thread(self.free)
        used = self.used()
        self.again = abs(used - self.settled) > NEGLIGIBLE_CHANGE
        self.settled = used
