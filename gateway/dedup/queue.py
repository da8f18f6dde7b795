"""The queue of the only writer: bounded in bytes and items, fair between integrations."""

from collections import deque

from gateway.errors import Overloaded
from gateway.receipts.submission import Submission

ROW_COST = 256
"""The bytes that an item counts in the queue besides its body."""


class FairQueue:
    """A queue with a line per integration, served in turn.

    No integration may hold more than half of its bytes.
    """

    def __init__(self, max_bytes: int, max_items: int) -> None:
        self._max_bytes, self._max_items = max_bytes, max_items
        self._lines: dict[int, deque[tuple[Submission, int, int]]] = {}
        self._held: dict[int, int] = {}
        self.items = 0
        self.bytes = 0

    @property
    def empty(self) -> bool:
        """True if nothing is queued, not even a request without items."""
        return not self._lines

    def put(self, submission: Submission) -> None:
        """Queue a submission; raises Overloaded if there is no room for it."""
        items, line = submission.items, submission.integration_id
        size = len(submission.body) + ROW_COST * max(items, 1)
        if self.items and (
            self.items + items > self._max_items or self.bytes + size > self._max_bytes
        ):
            raise Overloaded("the intake queue is full: send again shortly")
        if self.bytes and self._held.get(line, 0) + size > self._max_bytes // 2:
            raise Overloaded(
                "this integration already fills its share of the intake queue: send again shortly"
            )
        if line in self._lines:
            self._lines[line].append((submission, items, size))
        else:
            self._lines[line] = deque([(submission, items, size)])
        self._add(line, items, size)

    def take(self, max_items: int) -> list[Submission]:
        """Return the next batch: about `max_items` items, at least one submission.

        One submission of each integration is taken in turn. Two submissions with the same
        delivery id never share a batch, so that the second one finds the first's receipt.
        """
        batch: list[Submission] = []
        deliveries: set[bytes] = set()
        deferred: list[tuple[Submission, int, int]] = []
        room = max_items
        while self._lines and room > 0:
            for line in list(self._lines):
                taken = submission, items, size = self._lines[line].popleft()
                if not self._lines[line]:
                    del self._lines[line]
                self._add(line, -items, -size)
                if submission.delivery_key in deliveries:
                    deferred.append(taken)
                    continue
                if submission.delivery_key is not None:
                    deliveries.add(submission.delivery_key)
                batch.append(submission)
                room -= max(items, 1)
        for one in reversed(deferred):
            self._lines.setdefault(one[0].integration_id, deque()).appendleft(one)
            self._add(one[0].integration_id, one[1], one[2])
        return batch

    def _add(self, line: int, items: int, size: int) -> None:
        self.items += items
        self.bytes += size
        self._held[line] = self._held.get(line, 0) + size
        if self._held[line] == 0:
            del self._held[line]
