"""Files kept with a record: attached and, by the incident manager, taken away again. The entry stays, the content goes."""

from dataclasses import dataclass
from hashlib import sha256

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
    name, digest, kind, ids = safe_name(file.name), sha256(file.content), sniff(file.content), [0]

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who, if_match)
        refuse(may(who, Action.ATTACH, incident))
        await _within(session.conn, quota, incident, len(file.content))
        public = file.public or may(who, Action.INSPECT, incident) != ALLOWED
        size = len(file.content)
        ids[0] = await session.conn.fetchval(
            ATTACH, incident.id, name, kind, size, digest.digest(), public, session.now, who.name, file.content
        )
        facts = {"attachment": ids[0], "name": name, "type": kind, "size": size, "sha256": digest.hexdigest(), "public": public}
        return (await session.write([Revision(after=incident, actor=who.name, events=(("attached", facts),))]))[0]

    return await desk.within(work), ids[0]


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
