"""Effects of changes to related records on their masters: notes relayed, priorities lowered.

Every place that writes changed incidents calls `for_masters` after detaching followers.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.correlation.masters import Lock
from gateway.correlation.note_relay import relayed
from gateway.correlation.priority_lowering import eased
from gateway.db.pool import Connection
from gateway.escalation.management import Escalation
from gateway.incidents.record import Revision


async def for_masters(
    conn: Connection, escalation: Escalation, lock: Lock, revisions: Sequence[Revision], now: datetime
) -> list[Revision]:
    """Return the revisions, in order, followed by those of other masters."""
    return await eased(conn, lock, await relayed(escalation, lock, revisions), now)
