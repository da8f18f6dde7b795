"""A hierarchical timer wheel without a clock. Pure.

A member never leaves before its due time. Two levels: 64 ticks of 50 ms, then 32 turns of 3.2 s,
so about 100 s ahead; members further ahead wait in the last turn and are placed again when it
comes round. The row in PostgreSQL decides whether a timer fires, so a surplus member does no
harm, and the same member may wait under several due times.
"""

from typing import TypeVar

Item = TypeVar("Item")

TICK_US = 50_000
"""The length of one tick in microseconds; a member leaves at most one tick late."""

NEAR = 64
FAR = 32


class Wheel:
    """Members by due time; all times are microseconds of one clock whose zero does not matter."""

    def __init__(self, now_us: int) -> None:
        self._tick = now_us // TICK_US
        self._ready: set[int] = set()
        self._near: list[set[int]] = [set() for _ in range(NEAR)]
        self._far: list[set[tuple[int, int]]] = [set() for _ in range(FAR)]

    def __len__(self) -> int:
        """Return the number of (due tick, member) pairs that wait."""
        return len(self._ready) + sum(map(len, self._near)) + sum(map(len, self._far))

    def insert(self, due_us: int, member: int) -> bool:
        """Let `member` leave once `due_us` has passed.

        Return False if it was waiting for that already.
        """
        return self._place(_ceil(due_us), member)

    def advance(self, now_us: int) -> list[int]:
        """Move on to `now_us` and take out the members due by then, oldest first.

        A time already passed takes nothing.
        """
        target = now_us // TICK_US
        if target < self._tick:
            return []
        taken = list(self._ready)
        self._ready.clear()
        if target - self._tick >= NEAR * FAR:
            return taken + self._leap(target)
        while self._tick < target:
            self._tick += 1
            if self._tick % NEAR == 0:
                self._turn()
            if slot := self._near[self._tick % NEAR]:
                taken += slot
                slot.clear()
        return taken + self._take_ready()

    def _place(self, tick: int, member: int) -> bool:
        here = self._tick // NEAR
        if tick <= self._tick:
            return _added(self._ready, member)
        if tick // NEAR == here:
            return _added(self._near[tick % NEAR], member)
        return _added(self._far[min(tick // NEAR, here + FAR - 1) % FAR], (tick, member))

    def _turn(self) -> None:
        """Begin a turn: spread its members over the ticks, or push on those beyond the horizon."""
        position = self._tick // NEAR % FAR
        turn, self._far[position] = self._far[position], set()
        for tick, member in turn:
            self._place(tick, member)

    def _leap(self, target: int) -> list[int]:
        """Move further than the wheel is long: place every member anew."""
        first = self._tick - self._tick % NEAR
        waiting = [
            (first + index, member) for index, slot in enumerate(self._near) for member in slot
        ]
        waiting = sorted(waiting + [pair for turn in self._far for pair in turn])
        self._near = [set() for _ in range(NEAR)]
        self._far = [set() for _ in range(FAR)]
        self._tick = target
        taken = [member for tick, member in waiting if tick <= target]
        for tick, member in waiting[len(taken) :]:
            self._place(tick, member)
        return taken

    def _take_ready(self) -> list[int]:
        taken = list(self._ready)
        self._ready.clear()
        return taken


def _added(to: set[Item], item: Item) -> bool:
    before = len(to)
    to.add(item)
    return len(to) > before


def _ceil(due_us: int) -> int:
    return -(-due_us // TICK_US)
