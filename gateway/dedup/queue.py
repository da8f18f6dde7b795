"""What waits for the one writer: bounded in bytes and items, fair between integrations."""

from collections import deque
from collections.abc import Iterable

from gateway.dedup.submission import Submission
from gateway.errors import Overloaded

ROW_COST = 256
"""Bytes an item costs in the queue beside the body it came in."""


class FairQueue:
    """One line per integration, served in turn; no integration may hold more than half of the room."""

    def __init__(self, max_bytes: int, max_items: int) -> None:
        self._max_bytes, self._max_items = max_bytes, max_items
        self._lines: dict[int, deque[Submission]] = {}
        self._held: dict[int, int] = {}
        self.items = 0
        self.bytes = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits, not even a request without items."""
        return not self._lines

    def put(self, submission: Submission) -> None:
        """Queue a submission; raises Overloaded when there is no room for it."""
        size, line = _size(submission), submission.integration_id
        if self.items and (self.items + submission.items > self._max_items or self.bytes + size > self._max_bytes):
            raise Overloaded("the intake queue is full: send again shortly")
        if self.bytes and self._held.get(line, 0) + size > self._max_bytes // 2:
            raise Overloaded("this integration already fills its share of the intake queue: send again shortly")
        self._lines.setdefault(line, deque()).append(submission)
        self._add(submission, 1)

    def put_back(self, submissions: Iterable[Submission]) -> None:
        """Return submissions to the head of their lines, in order."""
        for submission in reversed(list(submissions)):
            self._lines.setdefault(submission.integration_id, deque()).appendleft(submission)
            self._add(submission, 1)

    def take(self, max_items: int) -> list[Submission]:
        """The next batch: one submission of each integration in turn, at least one, about `max_items` items.

        Two submissions with the same delivery id never share a batch, so that the second one finds the first's receipt.
        """
        batch: list[Submission] = []
        deliveries: set[bytes] = set()
        deferred: list[Submission] = []
        room = max_items
        while self._lines and room > 0:
            for line in list(self._lines):
                submission = self._lines[line].popleft()
                if not self._lines[line]:
                    del self._lines[line]
                self._add(submission, -1)
                if submission.delivery_key in deliveries:
                    deferred.append(submission)
                    continue
                if submission.delivery_key is not None:
                    deliveries.add(submission.delivery_key)
                batch.append(submission)
                room -= max(submission.items, 1)
        self.put_back(deferred)
        return batch

    def _add(self, submission: Submission, sign: int) -> None:
        size, line = _size(submission) * sign, submission.integration_id
        self.items += submission.items * sign
        self.bytes += size
        self._held[line] = self._held.get(line, 0) + size
        if self._held[line] == 0:
            del self._held[line]


def _size(submission: Submission) -> int:
    return len(submission.body) + ROW_COST * max(submission.items, 1)
