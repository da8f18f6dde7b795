"""Steps of the tests of masters and their related records."""

from typing import Any

from gateway.incidents import commands
from gateway.incidents.record import Incident
from gateway.operations.create import NewReport, create
from gateway.operations.link import link
from gateway.vocabulary import Impact, Resolution, Urgency
from tests.support.gateway_harness import HAND, GatewayHarness

URGENT = {"impact": Impact.BUSINESS, "urgency": Urgency.URGENT}

RULED = "UPDATE incident SET link_reason = 'rule: same service' WHERE number = $1"


async def recorded(harness: GatewayHarness, **fields: Any) -> Incident:
    """Create a record of a system, which is never linked to a master automatically."""
    report = {
        "title": "x",
        "source": "itsm",
        "impact": Impact.GROUP,
        "urgency": Urgency.NORMAL,
    } | fields
    return await create(harness.uow, NewReport(**report), HAND)


async def linked_pair(
    harness: GatewayHarness, *, by_rule: bool = True, **fields: Any
) -> tuple[str, str]:
    """Create a master of priority 3 and an open related record; return their numbers."""
    master, follower = await recorded(harness), await recorded(harness, **fields)
    await link(harness.uow, follower.number, master.number, HAND)
    if by_rule:
        await harness.pool.execute(RULED, follower.number)
    return master.number, follower.number


ENDS: dict[str, commands.Command] = {
    "resolve": commands.Resolve(),
    "cancel": commands.Resolve(resolution=Resolution.CANCELLED),
    "reject": commands.Reject(note="no"),
}
