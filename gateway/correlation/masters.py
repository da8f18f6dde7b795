"""Masters beside the changes of their related records: locked with them, and written only where something is said of them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from gateway.incidents.record import Incident, Revision

Lock = Callable[[Collection[int]], Awaitable[list[Incident]]]


async def with_masters(lock: Lock, revisions: Sequence[Revision], masters: AbstractSet[int]) -> dict[int, Revision]:
    """Return the revisions by incident, in order, and last those of the masters that are not among them: locked, unchanged."""
    made = {one.after.id: one for one in revisions}
    for found in await lock(masters - made.keys()):
        made[found.id] = Revision(after=found, actor="", events=(), before=found)
    return made


def to_write(made: Mapping[int, Revision], given: Sequence[Revision]) -> list[Revision]:
    """Return the revisions of the given incidents, in order, and last the others of which something is said."""
    kept = {one.after.id for one in given}
    return [one for one in made.values() if one.events or one.after.id in kept]
