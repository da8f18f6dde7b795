"""The backlog of due timers: worst priority first, then oldest. Pure."""

import heapq


class Backlog:
    """A queue of wheel members without duplicates."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int]] = []
        self._members: set[int] = set()

    def __len__(self) -> int:
        """Return the number of members that wait."""
        return len(self._members)

    def __contains__(self, member: int) -> bool:
        """Return whether the member waits already."""
        return member in self._members

    def push(self, priority: int, due_ms: int, member: int) -> None:
        """Queue a member; one that waits already keeps its place."""
        if member not in self._members:
            self._members.add(member)
            heapq.heappush(self._heap, (priority, due_ms, member))

    def take(self, limit: int) -> list[tuple[int, int, int]]:
        """Take out the first `limit` members, as (priority, due milliseconds, member)."""
        taken = [heapq.heappop(self._heap) for _ in range(min(limit, len(self._heap)))]
        self._members.difference_update(member for _, _, member in taken)
        return taken
