"""References from a record to its counterparts in other systems, with compare and set.

So two clients of the change feed never both create a counterpart.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.errors import NotFound, VersionMismatch
from gateway.incidents.record import Incident, Revision
from gateway.operations.unit_of_work import Transaction, UnitOfWork


async def set_reference(
    uow: UnitOfWork,
    number: str,
    system: str,
    reference: Mapping[str, Any],
    who: Principal,
    *,
    expect: str | None,
) -> Incident:
    """Set the reference to `system`.

    `expect` is the tag of the present reference, "" demands that there is none, None accepts
    any. Raises NotFound, Forbidden and VersionMismatch.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who)
        raise_if_refused(may(who, Action.REFER, incident))
        present = incident.refs.get(system)
        if expect is not None and expect != ("" if present is None else reference_tag(present)):
            raise VersionMismatch(
                f"the reference to {system} is another one: read it and decide again",
                present=present,
            )
        if present == reference:
            return incident
        facts = {"changes": [{"field": f"refs.{system}", "old": present, "new": reference}]}
        after = replace(incident, refs={**incident.refs, system: reference})
        return (
            await tx.write([Revision(after=after, actor=who.name, events=(("referenced", facts),))])
        )[0]

    return await uow.within(work)


async def delete_reference(
    uow: UnitOfWork, number: str, system: str, who: Principal, *, expect: str | None
) -> None:
    """Delete the reference to `system`; `expect` is as for `set_reference`, without "".

    Raises NotFound where there is none, Forbidden and VersionMismatch.
    """

    async def work(tx: Transaction) -> None:
        incident = await tx.lock(number, who)
        raise_if_refused(may(who, Action.REFER, incident))
        present = incident.refs.get(system)
        if present is None:
            raise NotFound(f"{number} has no counterpart in {system}")
        if expect is not None and expect != reference_tag(present):
            raise VersionMismatch(
                f"the reference to {system} is another one: read it and decide again",
                present=present,
            )
        facts = {"changes": [{"field": f"refs.{system}", "old": present, "new": None}]}
        after = replace(
            incident, refs={name: one for name, one in incident.refs.items() if name != system}
        )
        await tx.write([Revision(after=after, actor=who.name, events=(("referenced", facts),))])

    await uow.within(work)


def reference_tag(reference: Mapping[str, Any]) -> str:
    """Return the ETag of one value of a reference."""
    return sha256(msgspec.json.encode(reference, order="deterministic")).hexdigest()[:16]
