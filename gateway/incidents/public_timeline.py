"""The part of a timeline that people who do not work on the record may read."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import product
from typing import Any

from gateway.db.pool import Connection
from gateway.incidents import store
from gateway.incidents.record import NUMBER
from gateway.incidents.visibility import Visibility
from gateway.vocabulary import HoldReason

REPORTER_EVENTS: Mapping[str, frozenset[str]] = {
    "opened": frozenset(),
    "assigned": frozenset(),
    "accepted": frozenset(),
    "returned": frozenset(),
    "held": frozenset({"reason", "until"}),
    "resumed": frozenset(),
    "escalated": frozenset(),
    "resolved": frozenset({"resolution", "solution"}),
    "closed": frozenset({"closure", "satisfaction"}),
    "reopened": frozenset(),
    "close_put_off": frozenset(),
    "rejected": frozenset(),
    "status_update": frozenset({"text", "next_update_due_at"}),
    "rated": frozenset({"satisfaction"}),
    "called_back": frozenset(),
    "note": frozenset(),
}
"""The events that a reporter sees, with their facts besides the state.

Notes are shown if they are the reporter's own or addressed to the reporter.
"""

ALWAYS = frozenset({"state", "was"})

OTHERS = ("master", "incident", "follows", "number")
"""The facts that are the number of another incident."""


def facts_for_reporter(
    event: str, actor: str, facts: Mapping[str, Any], names: AbstractSet[str]
) -> dict[str, Any] | None:
    """Return the facts of an entry that a reporter known by `names` sees, or None for no entry."""
    own = actor.lower() in names
    if event not in REPORTER_EVENTS or (event == "note" and not own):
        return None
    told = (
        REPORTER_EVENTS[event]
        | ALWAYS
        | ({"note"} if own or _is_for_reporter(event, facts) else frozenset())
    )
    return {name: value for name, value in facts.items() if name in told}


def _is_for_reporter(event: str, facts: Mapping[str, Any]) -> bool:
    """Return whether the note was sent to the reporter: a hold's question or a rejection."""
    return event == "rejected" or (
        event == "held" and facts.get("reason") == HoldReason.AWAITING_USER
    )


async def hide_masters(
    conn: Connection, told: Sequence[dict[str, Any]], sight: Visibility
) -> frozenset[str]:
    """Remove the numbers of incidents that the reader may not see, and return these numbers."""
    named = (str(facts[name]) for facts in told for name in OTHERS if facts.get(name))
    numbers = frozenset(name for name in named if NUMBER.fullmatch(name))
    hidden = numbers - await store.visible_numbers(conn, numbers, sight)
    for facts, name in product(told, OTHERS):
        if facts.get(name) in hidden:
            facts[name] = None
    return hidden
