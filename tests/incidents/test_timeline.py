"""A timeline is a hash chain: any entry removed, swapped or rewritten is found, with its place."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.timeline import GENESIS, ChainedEntry, append, find_damage
from tests.support.clock import NOON

KEY = b"test key"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
EVENTS = st.lists(
    st.tuples(TEXT, st.dictionaries(TEXT, st.integers() | TEXT, max_size=3)), min_size=2, max_size=6
)


def chain(events: list[tuple[str, dict[str, int | str]]]) -> list[ChainedEntry]:
    return append(KEY, GENESIS, 7, 0, NOON, "ada", events)


def verdict(entries: list[ChainedEntry], whole: list[ChainedEntry]) -> tuple[int, str] | None:
    return find_damage(KEY, 7, entries, len(whole), whole[-1].hash)


@given(EVENTS)
def test_timeline_verifies_when_appended_at_once_or_stepwise(
    events: list[tuple[str, dict[str, int | str]]],
) -> None:
    entries = chain(events)
    assert verdict(entries, entries) is None
    first = chain(events[:1])
    rest = append(KEY, first[0].hash, 7, 1, NOON, "ada", events[1:])
    assert [*first, *rest] == entries


@given(EVENTS, st.data())
def test_removed_or_rewritten_timeline_entry_is_reported(
    events: list[tuple[str, dict[str, int | str]]], data: st.DataObject
) -> None:
    whole = chain(events)
    at = data.draw(st.integers(0, len(whole) - 1))
    assert verdict(whole[:at] + whole[at + 1 :], whole) == (
        (at + 1, "an entry is missing or out of order")
        if at < len(whole) - 1
        else (len(whole), "the incident's head does not match its newest entry")
    )
    forged = replace(whole[at], actor="eve")
    assert verdict([*whole[:at], forged, *whole[at + 1 :]], whole) == (
        at + 1,
        "the entry is not what was written",
    )
