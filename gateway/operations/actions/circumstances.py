"""Reading of the circumstances that decide about declining and releasing a record."""

import msgspec

from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.incidents.record import Incident
from gateway.incidents.releasing import Acceptance, Circumstances
from gateway.vocabulary import State

TOLD = """
SELECT EXISTS (
  SELECT FROM outbox WHERE incident_id = $1 AND lower(recipient) = ANY($2::text[]))
"""

ACCEPTED = """
SELECT t.at, t.facts::text AS facts, NOT EXISTS (
  SELECT FROM timeline later WHERE later.incident_id = t.incident_id AND later.seq > t.seq
    AND later.xid <> t.xid) AS alone
FROM timeline t WHERE t.incident_id = $1 AND t.event = 'accepted' ORDER BY t.seq DESC LIMIT 1
"""


async def load_circumstances(conn: Connection, incident: Incident, who: Principal) -> Circumstances:
    """Return the circumstances of a record for somebody who may act on it."""
    told = await conn.fetchval(TOLD, incident.id, sorted(who.identities))
    row = await conn.fetchrow(ACCEPTED, incident.id)
    if row is None:
        return Circumstances(told)
    facts = msgspec.json.decode(row["facts"])
    accepted = Acceptance(
        at=row["at"],
        person=facts.get("person", ""),
        state=State(facts.get("was", incident.state)),
        handler=facts.get("handler_was", ""),
        assignee=facts.get("assignee_was", ""),
        alone=row["alone"],
    )
    return Circumstances(told, accepted)
