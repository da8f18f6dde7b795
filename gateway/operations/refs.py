"""What a record is called elsewhere: one reference per system, set only by whoever knows what stands there."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from gateway.errors import NotFound, VersionMismatch
from gateway.incidents.record import Incident, Revision
from gateway.incidents.timeline import facts_text
from gateway.operations.desk import Desk, Session

ABSENT = ""
"""The tag of a reference that is not there."""


def tag_of(incident: Incident, system: str) -> str:
    """What tells this value of a reference from any other; ABSENT when there is none."""
    value = incident.refs.get(system)
    return ABSENT if value is None else sha256(facts_text(value).encode()).hexdigest()[:16]


async def set_reference(desk: Desk, number: str, system: str, value: Mapping[str, Any], actor: str, *, expected: str) -> Incident:
    """Set what `system` calls the record, if its tag is `expected`; setting what stands there already changes nothing.

    Raises NotFound, and VersionMismatch when somebody else was quicker.
    """

    async def work(session: Session) -> Incident:
        incident = await session.lock(number)
        if incident.refs.get(system) == value:
            return incident
        if tag_of(incident, system) != expected:
            raise VersionMismatch(f"{number} has another reference to {system}: read it and decide again")
        facts = {"system": system, "old": incident.refs.get(system), "new": value}
        after = replace(incident, refs={**incident.refs, system: value})
        return (await session.write([Revision(after=after, actor=actor, events=(("referenced", facts),))]))[0]

    return await desk.within(work)


def reference(incident: Incident, system: str) -> Any:
    """What `system` calls the record; raises NotFound."""
    if system not in incident.refs:
        raise NotFound(f"{incident.number} has no reference to {system}")
    return incident.refs[system]
