"""Links that people undid and that are not made again automatically.

An undone link is remembered by its master and by the record, words, sender or alert key.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from gateway.correlation.features import own_words
from gateway.db.pool import Connection
from gateway.incidents.record import Incident
from gateway.knowledge.similarity import words


def unlink_marks_of(incident: Incident) -> list[bytes]:
    """Return the marks of a record: its id, and its alert's key or its words and sender."""
    known = [f"record\0{incident.id}".encode()]
    if incident.key_hash is not None:
        return [*map(_hash, known), unlink_mark_of_key(incident.key_hash)]
    said = words(f"{incident.title} {own_words(incident.description)}")
    known += [f"words\0{said}".encode()] if said else []
    known += [f"sender\0{incident.contact.casefold()}".encode()] if incident.contact else []
    return [_hash(one) for one in known]


def unlink_mark_of_key(key_hash: bytes) -> bytes:
    """Return the mark that recognizes an alert."""
    return _hash(b"key\0" + key_hash)


def _hash(text: bytes) -> bytes:
    return sha256(text).digest()[:16]


REMEMBER = """
INSERT INTO unlearned (master_id, mark, at, actor) SELECT $1, unnest($2::bytea[]), $3, $4
ON CONFLICT (master_id, mark) DO NOTHING
"""


async def remember_unlinked(
    conn: Connection, incident: Incident, master_id: int, actor: str, now: datetime
) -> None:
    """Remember that a record's link to this master was undone."""
    await conn.execute(REMEMBER, master_id, unlink_marks_of(incident), now, actor)


FORGET = "DELETE FROM unlearned WHERE master_id = $1 AND mark = ANY($2::bytea[])"

FORGET_KEY = """
DELETE FROM unlinked u USING relation_group g
WHERE u.group_hash = g.group_hash AND g.incident_id = $1 AND u.key_hash = ANY($2::bytea[])
"""


async def forget_unlinked(conn: Connection, incidents: Iterable[Incident], master_id: int) -> None:
    """Forget the undone links between these incidents and a master: a person links them."""
    known = list(incidents)
    await conn.execute(FORGET, master_id, [mark for one in known for mark in unlink_marks_of(one)])
    if keys := [one.key_hash for one in known if one.key_hash is not None]:
        await conn.execute(FORGET_KEY, master_id, keys)
