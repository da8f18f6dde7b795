"""Masters of changed related records: locked with them, and written only if they change too."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from gateway.incidents.record import Incident, Revision

Lock = Callable[[Collection[int]], Awaitable[list[Incident]]]


async def add_masters(
    lock: Lock, revisions: Sequence[Revision], masters: AbstractSet[int]
) -> dict[int, Revision]:
    """Return the revisions by incident id, in order, followed by their other masters, unchanged.

    The masters that are not among the revisions are locked.
    """
    made = {one.after.id: one for one in revisions}
    for found in await lock(masters - made.keys()):
        made[found.id] = Revision(after=found, actor="", events=(), before=found)
    return made


def select_to_write(made: Mapping[int, Revision], given: Sequence[Revision]) -> list[Revision]:
    """Return the revisions of the given incidents, in order, followed by the others with events."""
    kept = {one.after.id for one in given}
    return [one for one in made.values() if one.events or one.after.id in kept]
