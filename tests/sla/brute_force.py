"""The clocks over again, one second at a time: slow, plain, and written from docs/sla.md without a look at the gateway's way.

Times are whole seconds since the record. An event is (second, name, detail), detail being a tier or a priority. At each
second the events of that second happen first, then the clocks are looked at, then a second is counted if it is one that
counts. Whoever brings a calendar may take a "second" to be any length of time that nothing changes within.
"""

from collections.abc import Callable
from dataclasses import dataclass

Happening = tuple[int, str, str | int | None]

Counts = Callable[[int], bool]
"""Whether the second that begins at this one counts."""


def always(_: int) -> bool:
    return True


WORK = ("desk", "tier2", "escalated", "overall")


@dataclass
class Hand:
    """One clock's hands: `log[n]` is the second during which the n-th second was counted."""

    phase: str = "pending"
    target: int | None = None
    past_since: int | None = None
    log: list[int] | None = None

    @property
    def elapsed(self) -> int:
        return len(self.log or [])

    @property
    def past(self) -> bool:
        return self.target is not None and self.phase != "pending" and self.elapsed >= self.target

    def aim(self, now: int, target: int | None) -> None:
        """A new target; the clock is past it from this very second on if that much was counted already."""
        was_past = self.past
        self.target = target
        if self.past and not was_past:
            self.past_since = now


class Watch:
    """A record lived through second by second."""

    def __init__(self, targets: dict[int, dict[str, int]], counts: Counts) -> None:
        self.targets = targets
        self.counts = counts
        self.hands = {name: Hand() for name in ("response", *WORK)}
        self.held = False
        self.solved = False
        self.stopped_by_solving: list[str] = []
        self.priority = 0

    def happen(self, now: int, name: str, detail: str | int | None) -> None:
        if name in ("record", "set_priority"):
            self.priority = int(detail or 0)
            for clock, hand in self.hands.items():
                if hand.phase != "stopped":
                    hand.aim(now, self.targets[self.priority].get(clock))
        if name == "record":
            for clock in ("response", "desk", "overall"):
                self.begin(clock)
        elif name == "accept":
            self.end("response")
        elif name == "reopen" and self.solved:
            self.solved = False
            for clock in self.stopped_by_solving:
                self.hands[clock].phase = "counting"
                self.hands[clock].aim(now, self.targets[self.priority].get(clock))
        elif not self.solved:
            self.work(name, detail)

    def work(self, name: str, detail: str | int | None) -> None:
        """What only matters while the record is not solved."""
        if name == "hold":
            self.held = True
        elif name == "resume":
            self.held = False
        elif name == "resolve":
            self.solved, self.held = True, False
            self.stopped_by_solving = [clock for clock in WORK if self.hands[clock].phase == "counting"]
            for clock in self.hands:
                self.end(clock)
        elif name == "escalate" or (name == "assign" and detail in ("3", "vendor")):
            self.end("desk")
            self.end("tier2")
            self.begin("escalated")
        elif name == "assign" and detail in (None, "2"):
            self.end("desk")
            if self.hands["escalated"].phase == "pending":
                self.begin("tier2")

    def begin(self, clock: str) -> None:
        if self.hands[clock].phase == "pending":
            self.hands[clock].phase = "counting"
            self.hands[clock].log = []

    def end(self, clock: str) -> None:
        if self.hands[clock].phase == "counting":
            self.hands[clock].phase = "stopped"

    def tick(self, now: int) -> None:
        """Count the second from `now` to `now + 1` where it counts."""
        if not self.counts(now):
            return
        for clock, hand in self.hands.items():
            if hand.phase == "counting" and (clock == "response" or not self.held) and hand.log is not None:
                was_past = hand.past
                hand.log.append(now)
                if hand.past and not was_past:
                    hand.past_since = now + 1

    def state(self, clock: str) -> str:
        hand = self.hands[clock]
        if hand.phase == "stopped":
            return "breached" if hand.past else "met"
        if hand.phase == "pending":
            return "pending"
        return "paused" if self.held and clock != "response" else "running"

    def due(self, clock: str, now: int) -> int | None:
        """When the present target was used up, or will be if nothing more happens."""
        hand = self.hands[clock]
        if hand.past and hand.log is not None and hand.target is not None:
            return hand.log[hand.target - 1] + 1
        if hand.target is None or self.state(clock) != "running":
            return None
        left = hand.target - hand.elapsed
        while left:
            left -= self.counts(now)
            now += 1
        return now

    def breached(self, clock: str, now: int) -> int | None:
        """Since when; a clock whose target was loosened while past it counts from when the present one was used up."""
        hand, due = self.hands[clock], self.due(clock, now)
        return max(due, hand.past_since) if hand.past and due is not None and hand.past_since is not None else None


Shown = dict[str, tuple[int, str, int | None, int | None]]


def live_through(targets: dict[int, dict[str, int]], happenings: list[Happening], at: int, counts: Counts = always) -> Shown:
    """(elapsed, state, breached, due) of every clock at second `at`."""
    watch = Watch(targets, counts)
    agenda: dict[int, list[Happening]] = {}
    for happening in happenings:
        agenda.setdefault(happening[0], []).append(happening)
    for now in range(at + 1):
        for _, name, detail in agenda.get(now, ()):
            watch.happen(now, name, detail)
        if now < at:
            watch.tick(now)
    return {
        clock: (watch.hands[clock].elapsed, watch.state(clock), watch.breached(clock, at), watch.due(clock, at))
        for clock in watch.hands
    }
