import mmap

from gateway.app.memory import (
    GROWTH_TO_TRIM,
    NEGLIGIBLE_CHANGE,
    MemoryTrimmer,
    resident_bytes,
    trim,
)


class Process:
    """A fake process with `used` bytes in use and `free` bytes not yet returned to the system."""

    def __init__(self, used: int) -> None:
        self.used, self.free, self.trimmed = used, 0, 0

    def resident(self) -> int:
        return self.used + self.free

    def trim(self) -> None:
        self.free = 0
        self.trimmed += 1


async def test_freed_memory_is_trimmed() -> None:
    process = Process(100 * GROWTH_TO_TRIM)
    memory = MemoryTrimmer(process.resident, process.trim)
    process.free = 2 * GROWTH_TO_TRIM
    await memory.run_once()
    assert (process.trimmed, process.resident()) == (1, 100 * GROWTH_TO_TRIM)


async def test_small_memory_change_is_not_trimmed() -> None:
    process = Process(100 * GROWTH_TO_TRIM)
    memory = MemoryTrimmer(process.resident, process.trim)
    for free in (0, GROWTH_TO_TRIM, GROWTH_TO_TRIM // 2):
        process.free = free
        await memory.run_once()
    assert process.trimmed == 0


async def test_memory_freed_after_first_trim_is_trimmed_later() -> None:
    process = Process(100 * GROWTH_TO_TRIM)
    memory = MemoryTrimmer(process.resident, process.trim)
    process.used += 5 * GROWTH_TO_TRIM
    await memory.run_once()
    process.used, process.free = process.used - 5 * GROWTH_TO_TRIM, 5 * GROWTH_TO_TRIM
    await memory.run_once()
    assert (process.trimmed, process.resident()) == (2, 100 * GROWTH_TO_TRIM)


async def test_process_that_stays_large_is_not_trimmed_again() -> None:
    process = Process(100 * GROWTH_TO_TRIM)
    memory = MemoryTrimmer(process.resident, process.trim)
    process.used += 5 * GROWTH_TO_TRIM
    for _ in range(5):
        await memory.run_once()
    assert process.trimmed == 2
    process.used -= NEGLIGIBLE_CHANGE
    await memory.run_once()
    process.used += 2 * GROWTH_TO_TRIM
    await memory.run_once()
    assert process.trimmed == 3


def test_resident_reports_memory_in_use() -> None:
    before = resident_bytes()
    with mmap.mmap(
        -1, 64 << 20
    ) as block:  # of the system's own, and not what a large process has in reserve
        block[::4_096] = b"x" * len(block[::4_096])
        assert before > 1 << 20
        assert resident_bytes() >= before + (60 << 20)
    trim()
