"""The turn of people who are called one by one. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.incidents.announcement import CallChoice


@dataclass(slots=True)
class CallTurns:
    """The last call and the number of open records of each person, by login.

    Who is chosen counts as called, so that the records of one transaction are spread as well.
    """

    called_at: Mapping[str, datetime] = field(default_factory=dict)
    open_work: Mapping[str, int] = field(default_factory=dict)
    chosen: Counter[str] = field(default_factory=Counter)

    def choose(self, choice: CallChoice, logins: Sequence[str]) -> str:
        """Return whose turn it is: who was called least recently, or has the fewest records."""
        by_work = choice is CallChoice.LEAST_LOADED

        def rank(login: str) -> tuple[int, bool, float, str]:
            at = self.called_at.get(login)
            work = self.open_work.get(login, 0) if by_work else 0
            last = 0.0 if at is None else at.timestamp()
            return (work + self.chosen[login], at is not None, last, login)

        found = min(logins, key=rank)
        self.chosen[found] += 1
        return found
