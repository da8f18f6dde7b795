"""Escalation ladders, compared with a simulation tick by tick."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.settings import ManagementRule
from gateway.timing.durations import Duration
from tests.escalation.ladders import Life, a_step, rules_of

STEP = 15
"""The seconds between two ticks."""

EVENTS: list[tuple[str, int | None]] = [
    ("accept", None),
    ("hold", None),
    ("resume", None),
    ("resolve", None),
    ("reopen", None),
]
EVENTS += [("note", None)]
EVENTS += [("set_priority", p) for p in (1, 2, 3)]


@st.composite
def ladders(draw: st.DrawFn) -> tuple[ManagementRule, ...]:
    made = []
    for place in range(draw(st.integers(1, 4))):
        more: dict[str, Any] = {"until": draw(st.sampled_from(["acknowledged", "resolved"]))}
        if draw(st.booleans()):
            more["repeat"] = Duration(seconds=STEP * draw(st.integers(4, 12)))
        priorities = tuple(draw(st.sets(st.integers(1, 3), min_size=1)))
        made.append(a_step(STEP * draw(st.integers(1, 40)), f"r{place}", priorities, **more))
    return tuple(made)


STORIES = st.lists(st.tuples(st.integers(0, 120), st.sampled_from(EVENTS)), max_size=8).map(sorted)

OUTAGES = st.lists(st.tuples(st.integers(0, 120), st.integers(1, 60)), max_size=2)


@dataclass(frozen=True)
class Noted:
    """An acknowledgement by management: its tick, and the record's priority and reopenings then."""

    at: int = -1
    priority: int = 0
    reopened: int = 0

    def holds(self, priority: int, reopened: int) -> bool:
        return self.at >= 0 and self.priority <= priority and self.reopened == reopened


@dataclass
class RecordSeen:
    """The fields of a record that matter to its ladder."""

    priority: int = 1
    held: bool = False
    solved: bool = False
    taken: bool = False
    reopened: int = 0
    noted: Noted = Noted()

    def happen(self, now: int, name: str, detail: int | None) -> None:
        self.priority = detail or self.priority
        self.taken |= name == "accept"
        self.held = not self.solved and (
            name == "hold" or (self.held and name not in ("resume", "resolve"))
        )
        self.solved = name == "resolve" or (self.solved and name != "reopen")
        self.reopened += name == "reopen"
        if name == "note" and not (self.solved or self.noted.holds(self.priority, self.reopened)):
            self.noted = Noted(now, self.priority, self.reopened)

    def waits(self, now: int, patience: int) -> bool:
        """Return whether the ladder waits: on hold, resolved, or acknowledged by management."""
        noted = self.noted.holds(self.priority, self.reopened)
        told = noted and (patience == 0 or now < self.noted.at + patience)
        return self.held or self.solved or told


def simulate_ladder(
    steps: Iterable[ManagementRule],
    story: list[tuple[int, tuple[str, int | None]]],
    out: set[int],
    until: int,
    patience: int,
) -> list[tuple[float, str]]:
    """Return the notifications of a story, counted tick by tick by the rules of docs/sla.md."""
    rungs = sorted(steps, key=lambda step: step.after or timedelta())
    first, reached = dict[str, int](), dict[int, int]()
    times = {step.notify[0]: 0 for step in rungs}
    record, counted = RecordSeen(), 0
    told: list[tuple[float, str]] = []
    for now in range(until + 1):
        for name, detail in [event for at, event in story if at == now]:
            record.happen(now, name, detail)
        reached.setdefault(counted, now)
        if now not in out and not record.waits(now, patience):
            mine = [step for step in rungs if record.priority in step.priorities]
            for place, step in enumerate(mine):
                role, needed = (
                    step.notify[0],
                    int((step.after or timedelta()).total_seconds()) // STEP,
                )
                if counted < needed or (record.taken and step.until == "acknowledged"):
                    continue
                before = mine[place - 1] if place and times[role] == 0 else None
                if (
                    before
                    and not times[before.notify[0]]
                    and not (record.taken and before.until == "acknowledged")
                ):
                    continue
                if before and times[before.notify[0]]:
                    begun = int((before.after or timedelta()).total_seconds()) // STEP
                    late = (first[before.notify[0]] - reached[begun]) * STEP > 60
                    if late and now < first[before.notify[0]] + needed - begun:
                        continue
                every = int(step.repeat.total_seconds()) // STEP if step.repeat else 0
                newest = 1 + ((counted - needed) // every if every else 0)
                if newest > times[role]:
                    times[role] = newest
                    first.setdefault(role, now)
                    told.append((now * STEP, f"{needed * STEP}s:{role}#{newest}"))
        counted += not record.held and not record.solved
    return told


@pytest.mark.exhaustive
@settings(max_examples=150)
@given(ladders(), STORIES, OUTAGES, st.sampled_from([0, 20]))
def test_ladder_matches_second_by_second_simulation(
    steps: tuple[ManagementRule, ...],
    story: list[tuple[int, tuple[str, int | None]]],
    outages: list[tuple[int, int]],
    patience: int,
) -> None:
    out = {second for since, length in outages for second in range(since, since + length)}
    life = Life(rules_of(*steps, patience=patience * STEP))
    for now in range(181):
        for name, detail in [event for at, event in story if at == now]:
            life.happen(now * STEP, name, detail)
        if now not in out:
            life.look(now * STEP)
    assert sorted(life.told) == sorted(simulate_ladder(steps, story, out, 180, patience))
