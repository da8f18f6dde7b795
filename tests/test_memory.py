import mmap

from gateway.memory import GROWN, LITTLE, Memory, resident, trim


class Process:
    """A process of which so many bytes are in use and so many are free and not given back."""

    def __init__(self, used: int) -> None:
        self.used, self.free, self.trimmed = used, 0, 0

    def resident(self) -> int:
        return self.used + self.free

    def trim(self) -> None:
        self.free = 0
        self.trimmed += 1


async def test_what_was_used_for_a_moment_is_given_back() -> None:
    process = Process(100 * GROWN)
    memory = Memory(process.resident, process.trim)
    process.free = 2 * GROWN
    await memory.run_once()
    assert (process.trimmed, process.resident()) == (1, 100 * GROWN)


async def test_nothing_is_done_while_little_changes() -> None:
    process = Process(100 * GROWN)
    memory = Memory(process.resident, process.trim)
    for free in (0, GROWN, GROWN // 2):
        process.free = free
        await memory.run_once()
    assert process.trimmed == 0


async def test_what_was_in_use_at_the_first_trimming_is_given_back_later() -> None:
    process = Process(100 * GROWN)
    memory = Memory(process.resident, process.trim)
    process.used += 5 * GROWN
    await memory.run_once()
    process.used, process.free = process.used - 5 * GROWN, 5 * GROWN
    await memory.run_once()
    assert (process.trimmed, process.resident()) == (2, 100 * GROWN)


async def test_a_process_that_stays_large_is_left_alone() -> None:
    process = Process(100 * GROWN)
    memory = Memory(process.resident, process.trim)
    process.used += 5 * GROWN
    for _ in range(5):
        await memory.run_once()
    assert process.trimmed == 2
    process.used -= LITTLE
    await memory.run_once()
    process.used += 2 * GROWN
    await memory.run_once()
    assert process.trimmed == 3


def test_the_system_tells_how_much_is_in_memory() -> None:
    before = resident()
    with mmap.mmap(-1, 64 << 20) as block:  # of the system's own, and not what a large process has in reserve
        block[::4_096] = b"x" * len(block[::4_096])
        assert before > 1 << 20
        assert resident() >= before + (60 << 20)
    trim()
