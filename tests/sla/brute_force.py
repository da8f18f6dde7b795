"""A second implementation of the SLA clocks, which counts one second at a time.

It is slow and plain, and was written from docs/sla.md without looking at the code of the gateway.

Times are whole seconds since the record. An event is (second, name, detail), detail being a tier or
a priority. At each second the events of that second happen first, then the clocks are looked at,
then the second is counted if it counts. With a calendar, a "second" may be any length of time
within which nothing changes.
"""

from collections.abc import Callable
from dataclasses import dataclass

Happening = tuple[int, str, str | int | None]

Counts = Callable[[int], bool]
"""A function that returns whether the second that begins at this one counts."""


def always(_: int) -> bool:
    return True


WORK = ("desk", "tier2", "escalated", "overall")


@dataclass
class Hand:
    """The state of one clock.

    `log[n]` is the second during which the n-th second was counted; the first `base` of them do not
    count.

    `ran_on` says that the clock was running at some moment with this time elapsed, `reached` that
    the target was passed when the clock was last looked at.
    """

    phase: str = "pending"
    target: int | None = None
    base: int = 0
    past_since: int | None = None
    log: list[int] | None = None
    ran_on: bool = False
    reached: bool = False

    @property
    def elapsed(self) -> int:
        return len(self.log or [])

    @property
    def used_up(self) -> bool:
        return (
            self.target is not None
            and self.phase != "pending"
            and self.elapsed >= self.base + self.target
        )

    @property
    def past(self) -> bool:
        """True if the target was missed; a clock that stopped in the second it was due met it."""
        return self.used_up and (self.ran_on or self.elapsed > self.base + (self.target or 0))

    @property
    def used_up_in(self) -> int:
        """The second at which the target was used up."""
        assert self.log is not None
        assert self.target is not None
        return self.log[self.base + self.target - 1] + 1

    def aim(self, now: int, target: int | None, base: int) -> None:
        """Set a new target.

        If that much was counted already, the clock is past the target from this second on.
        """
        if (target, base) == (self.target, self.base):
            return
        was_past = self.past
        self.target, self.base = target, base
        if self.used_up and not was_past:
            self.past_since = now
        self.reached = self.used_up

    def look(self, running: bool) -> None:
        """Note whether the clock still runs with this time elapsed."""
        self.ran_on = self.ran_on or running
        if self.past and not self.reached:
            self.past_since, self.reached = self.used_up_in, True


class Watch:
    """A record that is simulated second by second."""

    def __init__(self, targets: dict[int, dict[str, int]], counts: Counts) -> None:
        self.targets = targets
        self.counts = counts
        self.hands = {name: Hand() for name in ("response", *WORK)}
        self.held = False
        self.solved = False
        self.stopped_by_solving: list[str] = []
        self.priority = 0
        self.before_raises: int | None = None

    def happen(self, now: int, name: str, detail: str | int | None) -> None:
        if name in ("record", "set_priority", "raise"):
            self.grade(now, name, int(detail or 0))
        if name == "record":
            for clock in ("response", "desk", "overall"):
                self.begin(clock)
        elif name == "accept":
            self.end("response")
        elif name == "reopen" and self.solved:
            self.solved = False
            for clock in self.stopped_by_solving:
                hand = self.hands[clock]
                hand.aim(
                    now,
                    self.targets[self.priority].get(clock),
                    hand.base if self.before_raises else 0,
                )
                hand.phase = "counting"
        elif not self.solved:
            self.work(name, detail)

    def grade(self, now: int, name: str, priority: int) -> None:
        """Set the priority of the record.

        A raise starts each clock anew that is not past its target. When a person takes the raise
        back, all time counts again.
        """
        if name == "raise":
            self.before_raises = self.before_raises or self.priority
        elif self.before_raises is not None and priority >= self.before_raises:
            self.before_raises = None
        self.priority = priority
        for clock, hand in self.hands.items():
            if hand.phase != "stopped":
                base = hand.base if self.before_raises else 0
                if name == "raise" and not hand.used_up:
                    base = hand.elapsed
                hand.aim(now, self.targets[priority].get(clock), base)

    def work(self, name: str, detail: str | int | None) -> None:
        """Apply an event that only matters while the record is not resolved."""
        if name == "hold":
            self.held = True
        elif name == "resume":
            self.held = False
        elif name == "resolve":
            self.solved, self.held = True, False
            self.stopped_by_solving = [
                clock for clock in WORK if self.hands[clock].phase == "counting"
            ]
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
            if self.state(clock) == "running" and hand.log is not None:
                hand.log.append(now)
                hand.ran_on = False

    def look(self) -> None:
        """Look at every clock once the events of a second have happened."""
        for clock, hand in self.hands.items():
            hand.look(self.state(clock) == "running")

    def state(self, clock: str) -> str:
        hand = self.hands[clock]
        if hand.phase == "stopped":
            return "breached" if hand.past else "met"
        if hand.phase == "pending":
            return "pending"
        return "paused" if self.held and clock != "response" else "running"

    def due(self, clock: str, now: int) -> int | None:
        """Return the second at which the present target is used up if nothing more happens."""
        hand = self.hands[clock]
        if hand.used_up:
            return hand.used_up_in
        if hand.target is None or self.state(clock) != "running":
            return None
        left = hand.base + hand.target - hand.elapsed
        while left:
            left -= self.counts(now)
            now += 1
        return now

    def breached(self, clock: str, now: int) -> int | None:
        """Return the second since which the clock is past its target.

        A clock whose target was loosened while past it counts from when the present one was used
        up.
        """
        hand, due = self.hands[clock], self.due(clock, now)
        return (
            max(due, hand.past_since)
            if hand.past and due is not None and hand.past_since is not None
            else None
        )


Shown = dict[str, tuple[int, str, int | None, int | None]]


def live_through(
    targets: dict[int, dict[str, int]],
    happenings: list[Happening],
    at: int,
    counts: Counts = always,
) -> Shown:
    """Return (elapsed, state, breached, due) of every clock at second `at`."""
    watch = Watch(targets, counts)
    agenda: dict[int, list[Happening]] = {}
    for happening in happenings:
        agenda.setdefault(happening[0], []).append(happening)
    for now in range(at + 1):
        for _, name, detail in agenda.get(now, ()):
            watch.happen(now, name, detail)
        watch.look()
        if now < at:
            watch.tick(now)
    return {
        clock: (
            watch.hands[clock].elapsed,
            watch.state(clock),
            watch.breached(clock, at),
            watch.due(clock, at),
        )
        for clock in watch.hands
    }
