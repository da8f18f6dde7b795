"""Effects of changes to related records on their masters: notes relayed, milder causes noted.

Every place that writes changed incidents calls `for_masters` after detaching followers.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.correlation.masters import Lock
from gateway.correlation.milder_causes import note_milder_causes
from gateway.correlation.note_relay import relay_notes
from gateway.db.pool import Connection
from gateway.escalation.management import EscalationRules
from gateway.incidents.record import Revision


async def apply_effects_on_masters(
    conn: Connection,
    escalation: EscalationRules,
    lock: Lock,
    revisions: Sequence[Revision],
    now: datetime,
) -> list[Revision]:
    """Return the revisions, in order, followed by those of other masters."""
    return await note_milder_causes(conn, lock, await relay_notes(escalation, lock, revisions), now)
