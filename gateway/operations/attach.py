"""Files kept with a record: attached and, by the incident manager, taken away again. The entry stays, the content goes."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from gateway.db.pool import Connection
from gateway.errors import NotFound, TooLarge
from gateway.incidents.files import safe_name, sniff
from gateway.incidents.record import Incident, Revision
from gateway.operations.allowing import refuse
from gateway.operations.desk import Desk, Session
from gateway.operations.permissions import ALLOWED, Action, may
from gateway.operations.who import Who


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `each` bytes a file, `count` files a record and `record` bytes in all of them."""

    each: int
    count: int
    record: int


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was sent; `public` lets the record's reporter read it."""

    name: str
    content: bytes
    public: bool


USED = "SELECT count(*), coalesce(sum(size), 0)::bigint FROM attachment WHERE incident_id = $1 AND removed_at IS NULL"

ATTACH = """
INSERT INTO attachment (incident_id, name, type, size, sha256, public, attached_at, attached_by, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""


async def attach(
    desk: Desk, quota: Quota, number: str, file: File, who: Who, *, if_match: int | None = None
) -> tuple[Incident, int]:
    """Keep a file with the record; gives the record and the file's id. What somebody attaches who may not inspect is public.

    Raises NotFound, Forbidden, VersionMismatch, and TooLarge beyond the quota.
    """

    async def work(session: Session) -> tuple[Incident, int]:
        incident = await session.lock(number, who, if_match)
        refuse(may(who, Action.ATTACH, incident))
        public = file.public or may(who, Action.INSPECT, incident) != ALLOWED
        facts = await keep(session, quota, incident, replace(file, public=public), who.name)
        written = await session.write([Revision(after=incident, actor=who.name, events=(("attached", facts),))])
        return written[0], facts["attachment"]

    return await desk.within(work)


async def keep(session: Session, quota: Quota, incident: Incident, file: File, by: str) -> dict[str, Any]:
    """Keep a file with a locked record; gives the facts of its entry, for the caller to write. Raises TooLarge."""
    size, digest = len(file.content), sha256(file.content)
    await _within(session.conn, quota, incident, size)
    name, kind = safe_name(file.name), sniff(file.content)
    row = (incident.id, name, kind, size, digest.digest(), file.public, session.now, by, file.content)
    kept = await session.conn.fetchval(ATTACH, *row)
    return {"attachment": kept, "name": name, "type": kind, "size": size, "sha256": digest.hexdigest(), "public": file.public}


async def _within(conn: Connection, quota: Quota, incident: Incident, size: int) -> None:
    count, used = await conn.fetchrow(USED, incident.id) or (0, 0)
    if size > quota.each:
        raise TooLarge(f"a file here has at most {quota.each} bytes")
    if count >= quota.count:
        raise TooLarge(f"{incident.number} has {count} files, as many as a record may have")
    if used + size > quota.record:
        raise TooLarge(f"the files of a record have at most {quota.record} bytes together; {incident.number} has {used}")


DETACH = """
UPDATE attachment SET content = NULL, removed_at = $3, removed_by = $4
WHERE id = $1 AND incident_id = $2 AND removed_at IS NULL RETURNING name, sha256
"""


async def detach(desk: Desk, number: str, attachment: int, who: Who, *, if_match: int | None = None) -> Incident:
    """Take a file's content away for good; raises NotFound, Forbidden and VersionMismatch."""

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who, if_match)
        refuse(may(who, Action.DETACH, incident))
        row = await session.conn.fetchrow(DETACH, attachment, incident.id, session.now, who.name)
        if row is None:
            raise NotFound(f"{number} has no file {attachment}")
        facts = {"attachment": attachment, "name": row["name"], "sha256": row["sha256"].hex()}
        return (await session.write([Revision(after=incident, actor=who.name, events=(("detached", facts),))]))[0]

    return await desk.within(work)
